import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTiming, shortened } from '../../../edge/config.ts'

const test = suite('waits of the edge')

test('TIME_SCALE shortens every wait between two calls to the marketplace, and none at the printer', () => {
  const { pollWaitS, waitLineMs, unknownMs, ...waits } = defaultTiming
  const tenth = Object.fromEntries(Object.entries(waits).map(([name, ms]) => [name, ms / 10]))
  assert.equal(shortened(defaultTiming, 10), { ...tenth, pollWaitS, waitLineMs, unknownMs })
})

test.run()

/** The marketplace as a process of its own: how it is reached. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startInstances } from '../make/marketplace-process.ts'

const test = suite('the marketplace process')

test('with the variables of Cloud Run it listens where the platform reaches it; elsewhere on this machine only', async () => {
  const elsewhere = await startInstances(1)
  assert.match(elsewhere.instances[0]!.url, /^http:\/\/127\.0\.0\.1:/)
  await elsewhere.close()

  const { instances, close } = await startInstances(1, { K_SERVICE: 'bff' })
  const [{ url }] = instances as [(typeof instances)[0]]
  assert.match(url, /^http:\/\/0\.0\.0\.0:/)
  const { port } = new URL(url)
  assert.is((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
  await close()
})

test.run()

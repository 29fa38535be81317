import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ignoredWarnings } from '../../../slicer/engines/ignored.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { makeOrca } from '../../make/slicer/orca/engine.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { makePrusa } from '../../make/slicer/prusa.ts'

const test = suite('what an engine says of a profile before it slices')
const read = (changes: Parameters<typeof testProfile>[0]) => readProfile(testProfile(changes))

test('settings that it ignores are named where they ask for something', () => {
  const names = ['fuzzy_skin', 'wall_loops', 'print_flow_ratio', 'enable_prime_tower']
  assert.equal(ignoredWarnings(names, read({})), [], 'wall_loops is 2, as by default')
  const profile = read({ wall_loops: '3', fuzzy_skin: 'external', print_flow_ratio: '1.0', enable_prime_tower: '0' })
  assert.equal(ignoredWarnings(names, profile), [
    'The engine does not use these settings of the profile: fuzzy_skin, wall_loops.',
  ])
})

test('many are counted', () => {
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`vendor_${at}`, '1']))
  const [warning] = ignoredWarnings(Object.keys(many), read(many))
  assert.match(warning!, 'vendor_4 and 3 more.')
})

test('prusa and orca say it without a slice', async () => {
  const orca = await makeOrca()
  const profile = read({ enable_prime_tower: '1', sparse_infill_pattern: 'no such pattern', fuzzy_skin: 'external' })
  assert.match(orca.engine.warningsFor?.(profile).join() ?? '', 'enable_prime_tower')
  orca.remove()
  const prusa = await makePrusa()
  if (prusa) assert.match(prusa.warningsFor?.(profile).join() ?? '', 'no such pattern')
})

test.run()

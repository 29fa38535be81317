/** A buyer's overrides become Orca's settings, and each engine's from there. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Overrides } from '../../../schema/http/overrides.ts'
import { orcaFiles } from '../../../slicer/engines/orca/settings.ts'
import { prusaConfig } from '../../../slicer/engines/prusa/config.ts'
import { overrideSettings, overrideWarnings } from '../../../slicer/profiles/overrides.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { testProfile } from '../../make/slicer/profiles.ts'

const test = suite('overrides of a profile')

test('each override is one choice of Orca’s', () => {
  const table: [Overrides, Record<string, string>][] = [
    [{}, {}],
    [{ scale_percent: 50, orientation: 'x90' }, {}],
    [{ infill_percent: 0 }, { sparse_infill_density: '0%' }],
    [{ infill_percent: 12.5 }, { sparse_infill_density: '12.5%' }],
    [{ supports: 'none' }, { enable_support: '0' }],
    [{ supports: 'normal' }, { enable_support: '1', support_type: 'normal(auto)', support_style: 'default' }],
    [{ supports: 'tree' }, { enable_support: '1', support_type: 'tree(auto)', support_style: 'default' }],
    [{ brim: 'none' }, { brim_type: 'no_brim', brim_width: '0' }],
    [{ brim: 'auto' }, { brim_type: 'auto_brim', brim_width: '0' }],
    [{ brim: 7.5 }, { brim_type: 'outer_only', brim_width: '7.5' }],
  ]
  for (const [overrides, settings] of table) assert.equal(overrideSettings(overrides), settings)
})

test('an override counts before the profile, and its G-code refers to it', () => {
  const contents = testProfile({ sparse_infill_density: '15%', enable_support: '1', brim_width: '3' })
  const profile = readProfile(contents, { infill_percent: 40, supports: 'none' })
  assert.equal([profile.settings.sparse_infill_density, profile.settings.enable_support], ['40%', '0'])
  assert.equal([profile.written.sparse_infill_density, profile.written.enable_support], ['40%', '0'])
  assert.equal(profile.settings.brim_width, '3', 'what is not overridden stays')
  assert.equal(readProfile(contents, {}), readProfile(contents))
})

test('PrusaSlicer and OrcaSlicer get them as settings of theirs', () => {
  const profile = readProfile(testProfile(), { infill_percent: 40, supports: 'normal', brim: 5 })
  const { ini } = prusaConfig(profile)
  for (const line of ['fill_density = 40%', 'support_material = 1', 'brim_width = 5', 'brim_type = outer_only']) {
    assert.ok(ini.split('\n').includes(line), line)
  }
  const process = JSON.parse(orcaFiles(profile).process)
  assert.equal(
    [process.sparse_infill_density, process.enable_support, process.support_type, process.brim_type],
    ['40%', '1', 'normal(auto)', 'outer_only'],
  )
})

test('what an engine cannot do is told', () => {
  assert.equal(overrideWarnings({ brim: 'auto', supports: 'tree' }, 'orca'), [])
  assert.match(overrideWarnings({ brim: 'auto' }, 'three').join(), /cannot choose a brim/)
  assert.match(overrideWarnings({ supports: 'tree' }, 'prusa').join(), /no tree supports/)
  assert.equal(overrideWarnings({ brim: 5, supports: 'tree', infill_percent: 3 }, 'three'), [])
})

test.run()

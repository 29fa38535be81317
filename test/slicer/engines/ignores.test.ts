/** What GET /engines says of an engine, tried on the engine itself. */
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Setting, Settings } from '../../../schema/http/profiles.ts'
import type { Engine } from '../../../slicer/engines/engine.ts'
import { optionOf } from '../../../slicer/profiles/option-types.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { box } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { makePrusa, prusaProgram } from '../../make/slicer/prusa.ts'
import { sliceBody } from '../../make/slicer/slice.ts'
import { makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite('the settings that an engine ignores')
const engines = { three: await makeThree(), prusa: await makePrusa() }

/**
 * A plate on a column: it has walls, surfaces, bridges, supports and a brim. Classic walls: PrusaSlicer's arachne differs from run to run
 * with several threads.
 */
const table = () => sliceable([...box(6, 6, 6), ...box(20, 20, 2, [0, 0, 6])])
const common = { enable_support: '1', brim_type: 'outer_only', brim_width: '3', wall_generator: 'classic' }

async function bodyWith(engine: Engine, settings: Settings): Promise<string> {
  const profile = readProfile(testProfile({ ...common, ...settings }))
  return (await sliceBody(engine, table(), profile)).body
}

/** Another value than the default; null for texts and choices. */
function changed(name: string): Setting {
  const option = optionOf(name)
  if (!option) return null
  const usual = Number.parseFloat([option.default].flat().join()) || 0
  const values: Partial<Record<typeof option.kind, string>> = {
    bool: /^(true|1)$/.test([option.default].flat().join()) ? '0' : '1',
    int: String(usual + 1),
    float: String(usual + 1),
    percent: `${usual + 7}%`,
    float_or_percent: '1.5',
  }
  const value = values[option.kind] ?? null
  return option.isVector && value !== null ? [value] : value
}

for (const [name, engine] of Object.entries(engines)) {
  const testHere = engine || existsSync(prusaProgram) ? test : test.skip
  testHere(`${name}: all of them change nothing, and a filament's own retraction is not among them`, async () => {
    assert.ok(engine, `${prusaProgram} is installed, but does not run in the sandbox`)
    const usual = await bodyWith(engine, {})
    const settings = Object.fromEntries(engine.ignores.map(setting => [setting, changed(setting)]))
    assert.ok(Object.values(settings).filter(value => value !== null).length > 300)
    assert.ok((await bodyWith(engine, settings)) === usual, 'an ignored setting changes the G-code')
    assert.not.ok(engine.ignores.includes('filament_retraction_length'))
    assert.ok((await bodyWith(engine, { filament_retraction_length: ['2.3'] })) !== usual)
  })
}

test.run()

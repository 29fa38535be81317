/** What a buyer's overrides change in what an engine makes. */
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Overrides } from '../../../schema/http/overrides.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { binaryStl, box } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { makePrusa, prusaProgram } from '../../make/slicer/prusa.ts'
import { sliceBody } from '../../make/slicer/slice.ts'
import { makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite('overrides by each engine')
const engines = { three: await makeThree(), prusa: await makePrusa() }

/** The profile has 20 % of infill, and neither brim nor supports. */
const contents = testProfile({
  ...{ sparse_infill_density: '20%', brim_type: 'no_brim', brim_width: '0' },
  ...{ enable_support: '0', skirt_loops: '0' },
})
const cube = () => sliceable(binaryStl(box(20, 20, 10)))
/** A slab of 30 x 10 mm, 8 mm above the bed, on a column of 10 x 10 mm. */
const overhang = () => sliceable(binaryStl([...box(10, 10, 8), ...box(30, 10, 2, [0, 0, 8])]))

for (const [name, engine] of Object.entries(engines)) {
  const testHere = engine || existsSync(prusaProgram) ? test : test.skip
  const slice = async (model: typeof cube, overrides: Overrides, profile = contents) => {
    assert.ok(engine, `${prusaProgram} is installed, but does not run in the sandbox`)
    const { body, stats } = await sliceBody(engine, model(), readProfile(profile, overrides))
    return { filament: stats.filament_mm, width: firstLayerWidth(body) }
  }

  testHere(`${name}: more infill is more filament`, async () => {
    const [none, profile, half] = [
      await slice(cube, { infill_percent: 0 }),
      await slice(cube, {}),
      await slice(cube, { infill_percent: 50 }),
    ]
    assert.ok(none.filament < profile.filament * 0.95, `${none.filament}, ${profile.filament} mm`)
    assert.ok(half.filament > profile.filament * 1.1, `${half.filament}, ${profile.filament} mm`)
  })

  testHere(`${name}: a brim is as wide as it was asked for, on the first layer`, async () => {
    const plain = await slice(cube, {})
    const brim = await slice(cube, { brim: 5 })
    assert.ok(Math.abs(brim.width - plain.width - 10) < 1.2, `${plain.width} mm becomes ${brim.width} mm`)
    assert.equal(await slice(cube, { brim: 'none' }), plain)
    const wide = testProfile({ brim_type: 'no_brim', brim_width: '8', skirt_loops: '0', sparse_infill_density: '20%' })
    assert.equal(await slice(cube, {}, wide), plain, 'a profile without a brim has none, whatever its width')
  })

  testHere(`${name}: supports stand under an overhang, where they are asked for`, async () => {
    const plain = await slice(overhang, {})
    const supported = await slice(overhang, { supports: 'normal' })
    assert.ok(plain.width < 12 && supported.width > 20, `${plain.width} mm becomes ${supported.width} mm`)
    assert.ok(supported.filament > plain.filament * 1.05)
    const tree = await slice(overhang, { supports: 'tree' })
    assert.ok(tree.filament > plain.filament * 1.02)
    if (name === 'three') assert.is.not(tree.filament, supported.filament, 'they are another kind')
    assert.equal(await slice(overhang, { supports: 'none' }), plain)
  })
}

/** The width of the first layer's extruding moves along x, in mm. */
function firstLayerWidth(body: string): number {
  const layer = body.split(/^;LMNT_LAYER .*$/m)[1] ?? ''
  let [least, most] = [Infinity, -Infinity]
  let x = Number.NaN
  for (const line of layer.split('\n')) {
    if (!/^G[0-3] /.test(line)) continue
    const before = x
    x = Number(/X(-?[\d.]+)/.exec(line)?.[1] ?? x)
    if (!/ E[\d.]/.test(line) || !/[XY]/.test(line)) continue
    for (const place of [before, x]) {
      if (Number.isNaN(place)) continue
      least = Math.min(least, place)
      most = Math.max(most, place)
    }
  }
  return most - least
}

test.run()

/** What every engine gives for the same job: marks, layers, relative extrusion, figures; and G-code that passes the check. */
import { existsSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readLayerMark } from '../../../slicer/engines/layer-mark.ts'
import { parseCommand } from '../../../slicer/gcode/command.ts'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { ball, box, sample, scaled, torus } from '../../make/slicer/models.ts'
import { testProfile } from '../../make/slicer/profiles.ts'
import { makePrusa, prusaProgram } from '../../make/slicer/prusa.ts'
import { sliceWhole } from '../../make/slicer/slice.ts'
import { makeThree, sliceable } from '../../make/slicer/three.ts'

const test = suite('the same job by each engine')
const profile = readProfile(testProfile())
const engines = { three: await makeThree(), prusa: await makePrusa() }

const models = {
  cube: () => sliceable(box(20, 20, 20)),
  'a sphere of 50,000 triangles': () => sliceable(ball(15, 113)),
  'a torus of 60,000 triangles': () => sliceable(torus(14, 4, 245, 123)),
  gear: () => sliceable(sample('objects/gearwheel.bin.stl')),
  bunny: () => sliceable(scaled(sample('objects/bunny.bin.stl'), 250)),
}
/** All that a body has beside comments. */
const allowed = /^(G0|G1|G2|G3|M106|M107)$/

for (const [name, engine] of Object.entries(engines)) {
  const testHere = engine || existsSync(prusaProgram) ? test : test.skip
  for (const [title, make] of Object.entries(models)) {
    testHere(`${name}: ${title}`, async () => {
      assert.ok(engine, `${prusaProgram} is installed, but does not run in the sandbox`)
      const model = make()
      const before = Buffer.from(model.stl)
      const { body, stats } = await sliceWhole(engine, model, profile)
      assert.ok(name === 'three' || before.equals(model.stl), 'the model is left as it was')

      const marks = body.split('\n').flatMap(line => readLayerMark(line) ?? [])
      assert.is(marks.length, stats.layers)
      assert.equal(
        marks.map(mark => mark.n),
        marks.map((_, index) => index),
      )
      assert.is(marks[0]?.z, 0.2)
      // The top layer ends where the model does, but for what a layer rounds.
      assert.ok(Math.abs((marks.at(-1)?.z ?? 0) - model.size.z) <= 0.21, `${marks.at(-1)?.z} of ${model.size.z} mm`)
      for (let at = 1; at < marks.length; at++) {
        const [below, above] = [marks[at - 1]!, marks[at]!]
        assert.ok(above.z > below.z && Math.abs(above.z - below.z - above.height) < 0.002)
      }
      assert.match(body, /^;LMNT_LAYER /)

      let extruded = 0
      for (const line of body.split('\n')) {
        const command = parseCommand(line)
        if (!command) continue
        if (command.name === 'G92') assert.is(command.text, 'G92 E0')
        else assert.match(command.name, allowed, line)
        extruded += Number(command.params.get('E') ?? 0) * (command.name === 'G92' ? 0 : 1)
      }
      // Relative: what is laid down and drawn back adds up to what is used.
      assert.ok(
        Math.abs(extruded - stats.filament_mm) < 0.02 * stats.filament_mm + 5,
        `${extruded}, ${stats.filament_mm}`,
      )
      assert.ok(stats.estimated_time_s > 60)
      assert.equal(stats.warnings, [])
    })
  }
}

test.run()

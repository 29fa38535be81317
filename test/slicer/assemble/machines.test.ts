/** The machines that OrcaSlicer ships: each one's own G-code around three layers, through the check. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readProfile } from '../../../slicer/profiles/profile.ts'
import { squareBody } from '../../make/slicer/body.ts'
import { machinesFile, readMachines } from '../../make/slicer/machines.ts'
import { assembleBody } from '../../make/slicer/slice.ts'

const test = suite("OrcaSlicer's own machines")

/** They say that the head is elsewhere than it is: see slicer/assemble/README.md. */
const refused = /^(FlyingBear S1|InfiMech TX) /

test("each machine's G-code fields are filled in and pass the check, but for those that move the origin", async () => {
  const faults: string[] = []
  for (const { name, profile } of readMachines(machinesFile)) {
    const read = readProfile(profile)
    const { min, max } = read.bed
    const body = squareBody(3, () => '', { x: (min.x + max.x) / 2, y: (min.y + max.y) / 2 })
    const fault = await assembleBody(body, read).then(
      ({ gcode }) => (/[{[]\w+[\]}]/.test(withoutComments(gcode.toString())) ? 'a placeholder is left' : undefined),
      (error: Error) => error.message,
    )
    if (refused.test(name)) assert.match(fault ?? '', 'SET_KINEMATIC_POSITION', name)
    else if (fault) faults.push(`${name}: ${fault}`)
  }
  assert.equal(faults, [])
})

test.run()

function withoutComments(gcode: string): string {
  return gcode.replace(/;.*$/gm, '')
}

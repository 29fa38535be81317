import * as assert from 'uvu/assert'
import { gcodeOf } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { componentClient } from '../make/printer-real/component.ts'
import { byteAt, klippy, printerSuite, reported, untilHeld } from '../make/printer-real/set-up.ts'

const { test, fixture, run } = printerSuite('an object that is left out on real Klippy', {
  macros: ['[exclude_object]'],
  streamOptions: ['pause_after: 60'],
})
const { post } = componentClient(fixture)
const gear = 'GEAR.STL_ID_0_COPY_0'
const clip = 'CLIP.STL_ID_1_COPY_0'

/** As slicers write it: marks around each object in each layer. */
function plateOfTwo() {
  const lines = ['G28', 'G90', 'M83']
  for (const [name, x] of [
    [gear, 100],
    [clip, 140],
  ] as const)
    lines.push(`EXCLUDE_OBJECT_DEFINE NAME=${name.toLowerCase()} CENTER=${x},60`)
  for (let layer = 0; layer < 60; layer++) {
    for (const [name, x] of [
      [gear, 100],
      [clip, 140],
    ] as const) {
      lines.push(`EXCLUDE_OBJECT_START NAME=${name.toLowerCase()}`)
      for (let move = 0; move < 20; move++) lines.push(`G1 X${x + (move % 7)} Y${57 + (move % 5)} E0.01 F6000`)
      lines.push(`EXCLUDE_OBJECT_END NAME=${name.toLowerCase()}`)
    }
  }
  return gcodeOf([...lines, 'TURN_OFF_HEATERS', 'M84'], 60)
}

test('the rest of the print goes on without it, and an object that the print does not have is refused', async ({
  host,
  testEdge,
  market,
}) => {
  const gcode = plateOfTwo()
  const middle = byteAt(gcode, 0.5)
  host.relay.holdAt(middle)
  const job = await market.add(gcode)
  await untilHeld(host, middle)

  assert.is((await post('skip_object', { object: 'SOMETHING_ELSE' })).status, 404)
  const answer = await post('skip_object', { object: gear })
  assert.equal([answer.status, answer.result.status], [200, 'skipping'], answer.message)
  const query = { objects: { exclude_object: ['excluded_objects', 'objects'] } }
  const { excluded_objects } = await eventually('the exclusion', async () => {
    const { status } = (await host.client.call('printer.objects.query', query)) as {
      status: { exclude_object: { excluded_objects: string[]; objects: { name: string }[] } }
    }
    return status.exclude_object.excluded_objects.length > 0 && status.exclude_object
  })
  assert.equal(excluded_objects, [gear])

  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

run()

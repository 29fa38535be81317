import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { printerSuite } from '../make/printer-real/set-up.ts'

const macros = [
  '[exclude_object]\n\n[gcode_arcs]\n',
  '[gcode_macro START_PRINT]\ngcode:\n  M104 S{params.EXTRUDER_TEMP|default(200)}\n  M140 S{params["BED_TEMP"]}\n',
]
const { test, run } = printerSuite('facts about a real printer for the marketplace', { macros })

test('facts are sent at the registration, and again only when Klipper starts with another configuration', async fixture => {
  const { host, market } = fixture
  const told = await eventually('the facts', () => market.facts[0])
  const start = told.macros.find(macro => macro.name === 'START_PRINT')
  assert.equal(start, { name: 'START_PRINT', params: ['EXTRUDER_TEMP', 'BED_TEMP'] })
  assert.equal([told.has_exclude_object, told.has_gcode_arcs, told.kinematics], [true, true, 'cartesian'])
  assert.equal([told.nozzle_diameter_mm, told.axis_max], [0.4, { x: 300, y: 300, z: 300 }])
  assert.equal(told.heaters.map(heater => [heater.name, heater.max_temp]).sort(), [
    ['extruder', 300],
    ['heater_bed', 300],
  ])
  assert.ok(told.commands.includes('EXCLUDE_OBJECT_DEFINE') && !told.commands.includes('START_PRINT'))
  await host.client.call('printer.firmware_restart')
  await eventually('Klipper is back', async () => {
    const { state } = (await host.client.call('printer.info').catch(() => ({ state: 'away' }))) as { state: string }
    return state === 'ready'
  })
  await fixture.testEdge.stopEdge()
  assert.is(market.facts.length, 1)
})

run()

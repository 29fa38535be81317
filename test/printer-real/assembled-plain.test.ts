import * as assert from 'uvu/assert'
import { printerFacts } from '../../schema/http/printer-facts.ts'
import { assembledGcode, slicedBodies } from '../make/printer-real/assembled.ts'
import { klippy, printerSuite, reported } from '../make/printer-real/set-up.ts'

const macros = ['[gcode_macro PRINT_START]', 'gcode:', '  G28', '[gcode_macro PRINT_END]', 'gcode:', '  M84']
const { test, run } = printerSuite('assembled G-code on a printer without objects and arcs', { macros })
const facts = printerFacts.parse({ has_exclude_object: false, has_gcode_arcs: false })

test('models run to their end, and arcs as lines', async ({ host, market }) => {
  const [cube, gear] = await slicedBodies('three', ['a cube', 'a gear wheel'])
  const arc = ';LMNT_LAYER n=0 z=0.3 height=0.3\nG1 X100 Y100 Z0.3 F6000\nG3 X120 Y100 I10 J0 E2 F1800\n'
  for (const body of [cube, gear, { name: "Max's arc; ü", body: arc, outline: [] }]) {
    if (!body) throw new Error('a model is missing')
    for (const printer of body === gear ? [facts] : [facts, null]) {
      const gcode = await assembledGcode(body, {}, printer)
      const report = await reported({ market }, await market.add(gcode))
      assert.is(report.status, 'success', `${body.name}: ${report.error}`)
      assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256, body.name)
    }
  }
})

run()

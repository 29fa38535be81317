import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { EdgeContext } from '../../../edge/context.ts'
import { findEnd } from '../../../edge/print/history.ts'

const test = suite("a print in Moonraker's history")

const print = { filename: 'LMNT/Gear.gcode', history_id: '0000A1', history_after: null, boot: null }

/** Moonraker, with this as the newest print of its history. */
function moonrakerWith(figures: object): EdgeContext {
  const entry = { job_id: print.history_id, filename: print.filename, status: 'cancelled', ...figures }
  return { moonraker: { call: async () => ({ jobs: [entry] }) } } as unknown as EdgeContext
}

// A retraction before the first line that extrudes makes filament_used negative.
test('an entry has no negative figures', async () => {
  const ctx = moonrakerWith({ print_duration: -0.1, total_duration: 12, filament_used: -4.5 })
  const stats = { print_duration_s: 0, total_duration_s: 12, filament_used_mm: 0 }
  assert.equal(await findEnd(ctx, print), { status: 'cancelled', stats })
})

test('an entry has a figure for each one that Moonraker omits', async () => {
  const stats = { print_duration_s: 0, total_duration_s: 0, filament_used_mm: 0 }
  assert.equal(await findEnd(moonrakerWith({ filament_used: null }), print), { status: 'cancelled', stats })
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { EdgeContext } from '../../../../edge/context.ts'
import { type PrinterState, readState } from '../../../../edge/moonraker/printer-state.ts'
import { createLineGuard } from '../../../../edge/print/gcode/line-guard.ts'
import { findEnd } from '../../../../edge/print/history.ts'
import {
  conclude,
  failure,
  judge,
  outcomeByHistory,
  type PrintFacts,
  type Snapshot,
  whyNotBegun,
} from '../../../../edge/print/job/outcome.ts'
import { recordFromClaim } from '../../../../edge/print/job/state.ts'
import { startFakeMarketplace } from '../../../make/edge/fake-marketplace.ts'
import { gcodeOf } from '../../../make/edge/gcode.ts'

const test = suite<{ job: PrintFacts }>("what counts as a print's success")

const lines = ['G28', 'G1 X1 E1', 'G1 X2 E1', 'G1 E-2 F1800', 'PRINT_END', '; the end']
const gcode = gcodeOf(lines, 3)
const size = Buffer.byteLength(gcode.text)
/** Where the last line that extrudes has been run. */
const printedBy = gcode.text.indexOf('G1 E-2')
const filename = 'LMNT/Gear.gcode'
const market = await startFakeMarketplace()
const urls = { gcode_download_url_proxy: market.url, gcode_file_url: market.url, cws_url: market.url }
const { claim } = await market.add(gcode)
await market.close()

test.before.each(world => {
  const record = recordFromClaim({ ...claim, ...urls, cws_token: 'grant' })
  const print = { filename, history_id: null, history_after: null, boot: null }
  world.job = {
    record: { ...record, isSpooled: true, printed_by: printedBy, print },
    gcode: null,
    snapshot: null,
    delivered: 0,
    isSeenFromStart: false,
    closedAt: 0,
  }
})

interface Status {
  state?: string
  position?: number
  webhooks?: string
  message?: string
  filename?: string
  total?: number
  fileSize?: number
  /** The error of the line that the print of this purchase ended at. */
  lineError?: { purchaseId: string; text: string }
}

function stateOf(told: Status): PrinterState {
  const status = {
    webhooks: { state: told.webhooks ?? 'ready', state_message: told.message ?? '' },
    print_stats: {
      state: told.state ?? 'printing',
      filename: told.filename ?? filename,
      message: told.message ?? '',
      total_duration: told.total ?? 100,
      print_duration: 90,
      filament_used: 12,
      info: { total_layer: 3, current_layer: 2 },
    },
    virtual_sdcard: {
      progress: 0.4,
      file_position: told.position ?? 0,
      file_size: told.fileSize ?? size,
    },
    lmnt_stream: { job: told.lineError?.purchaseId ?? null, error: told.lineError?.text ?? null },
  }
  return { ...readState(status), isConnected: true, idleSince: null, pausedSince: null, consoleError: null }
}

/** The print is seen to run up to this byte. */
function seeRunning(job: PrintFacts, position: number): void {
  const verdict = judge(stateOf({ position }), job)
  if (verdict.kind !== 'running' || !verdict.snapshot) throw new Error(`not running: ${verdict.kind}`)
  job.snapshot = verdict.snapshot
}

function outcome(told: Status, job: PrintFacts) {
  const verdict = judge(stateOf(told), job)
  return verdict.kind === 'ended' ? `${verdict.outcome.status} ${verdict.outcome.stats?.reason}` : verdict.kind
}

test('complete is a success, error and shutdown are failures', ({ job }) => {
  seeRunning(job, 10)
  assert.is(outcome({ state: 'complete', position: size }, job), 'success complete')
  assert.is(outcome({ state: 'error', message: 'Must home axis first' }, job), 'failure error')
  assert.is(outcome({ webhooks: 'shutdown', message: 'MCU shutdown' }, job), 'failure klippy_shutdown')
})

test('a cancel in the middle is a failure with its progress and the figures of print_stats', ({ job }) => {
  seeRunning(job, 20)
  const verdict = judge(stateOf({ state: 'cancelled', fileSize: 0 }), job)
  if (verdict.kind !== 'ended') throw new Error(verdict.kind)
  const { status, stats } = verdict.outcome
  assert.is(status, 'failure')
  assert.equal(stats, {
    print_duration_s: 90,
    total_duration_s: 100,
    filament_used_mm: 12,
    layers: 2,
    progress: Math.max(0.4, 20 / size),
    reason: 'cancelled',
  })
})

test('a cancel by the end macro, after the last extruding line, is a success', ({ job }) => {
  seeRunning(job, 20)
  // CANCEL_PRINT in a macro of the file: Klipper counts the macro's line as run, and has no file any more.
  const position = gcode.text.indexOf('; the end')
  assert.is(outcome({ state: 'cancelled', position, fileSize: 0 }, job), 'success cancelled_at_end')
})

test("the position in Klipper's goodbye counts, not the number of lines that were sent", ({ job }) => {
  seeRunning(job, 20)
  job.delivered = size
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'failure cancelled')
  job.closedAt = printedBy - 1
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'failure cancelled')
  job.closedAt = printedBy
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'success cancelled_at_end')
})

test('a print whose lines all ran is a success however it ended; with one byte less it is not', ({ job }) => {
  seeRunning(job, 20)
  const ways = {
    error: { state: 'error' },
    klippy_shutdown: { webhooks: 'shutdown' },
    cancelled: { state: 'cancelled' },
  }
  for (const [reason, told] of Object.entries(ways)) {
    assert.is(outcome({ ...told, position: printedBy - 1 }, job), `failure ${reason}`)
    assert.is(outcome({ ...told, position: printedBy }, job), `success ${reason}_at_end`)
  }
  // In the stub, or in the file of another print.
  assert.is(outcome({ state: 'error', position: printedBy, fileSize: 100 }, job), 'failure error')
  seeRunning(job, printedBy)
  const lost = failure('host_restarted', 'The power was cut.')
  assert.is(conclude(job, lost).stats?.reason, 'host_restarted_at_end')
})

test("a cancel by on_error_gcode is the error of its line, not a person's cancel", ({ job }) => {
  seeRunning(job, 20)
  const lineError = { purchaseId: job.record.claim.purchase_id, text: 'Extrude below minimum temp' }
  const verdict = judge(stateOf({ state: 'cancelled', fileSize: 0, lineError }), job)
  assert.is(verdict.kind === 'ended' && verdict.outcome.error, 'Extrude below minimum temp')
  assert.is(outcome({ state: 'cancelled', fileSize: 0, lineError }, job), 'failure error')
  const other = { ...lineError, purchaseId: 'purch_other' }
  assert.is(outcome({ state: 'cancelled', fileSize: 0, lineError: other }, job), 'failure cancelled')
})

test('a stub that ended before it asked for its lines has a reason, also after a cancel by on_error_gcode', () => {
  const cancelled = stateOf({ state: 'cancelled' })
  const consoleError = { text: "The value 'lmnt_stream' is not valid for HEATER", at: 50 }
  assert.is(whyNotBegun({ ...cancelled, consoleError }, 40, false).text, consoleError.text)
  assert.is(whyNotBegun({ ...cancelled, consoleError }, 40, false).reason, 'error')
  assert.is(whyNotBegun({ ...cancelled, consoleError }, 60, false).reason, 'cancelled')
  assert.is(whyNotBegun({ ...cancelled, consoleError }, 40, true).reason, 'cancelled')
  assert.equal(whyNotBegun(stateOf({ state: 'error', message: 'Must home axis first' }), 40, false), {
    reason: 'error',
    text: 'Must home axis first',
  })
})

test('progress from before a restart of the edge still counts', ({ job }) => {
  const lost = failure('unknown', 'Nobody can tell.')
  assert.is(conclude(job, lost).status, 'failure')
  job.record = { ...job.record, printed_to: printedBy }
  assert.is(conclude(job, lost).status, 'success')
})

test('a cancel of a print that is paused at its end is a success, of one paused earlier it is not', ({ job }) => {
  seeRunning(job, printedBy - 5)
  assert.is(outcome({ state: 'paused', position: printedBy - 5 }, job), 'running')
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'failure cancelled')
  seeRunning(job, size)
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'success cancelled_at_end')
})

test('an unchecked G-code, or one without an extruding line, needs all of its lines', ({ job }) => {
  job.record = { ...job.record, printed_by: null }
  seeRunning(job, size)
  assert.is(outcome({ state: 'cancelled', fileSize: 0 }, job), 'failure cancelled')
  const guard = createLineGuard(new Set(['PRINT_END', 'G28']))
  const text = 'G28\nG1 X1\nPRINT_END\n'
  guard.check(Buffer.from(text))
  guard.end()
  assert.is(guard.printedBy(), text.length)
})

test('the position in the stub is not one in the job', ({ job }) => {
  const verdict = judge(stateOf({ position: printedBy, fileSize: 4000 }), job)
  assert.is(verdict.kind === 'running' && (verdict.snapshot as Snapshot).position, 0)
})

test('another file, the same file begun again, or no file decides nothing about this print', ({ job }) => {
  seeRunning(job, 20)
  assert.is(outcome({ state: 'complete', filename: 'other.gcode' }, job), 'unknown')
  assert.is(outcome({ state: 'printing', total: 3 }, job), 'unknown')
  assert.is(outcome({ state: 'standby', filename: '', total: 0 }, job), 'unknown')
})

test('after a restart of the edge, the figures on the disk reveal that the same file was begun again', ({ job }) => {
  job.record = { ...job.record, figures: { total_duration_s: 50 } }
  assert.is(outcome({ state: 'complete', total: 3 }, job), 'unknown')
  assert.is(outcome({ state: 'complete', total: 60 }, job), 'success complete')
})

test('a missing Klippy decides nothing yet, nor does a shutdown when this edge never saw the print', ({ job }) => {
  assert.is(outcome({ webhooks: 'shutdown' }, job), 'unknown')
  assert.is(outcome({ webhooks: 'startup' }, job), 'unknown')
  seeRunning(job, 20)
  assert.is(outcome({ webhooks: 'startup' }, job), 'unknown')
})

test('of several prints of the same file, only an entry that is certainly this print counts', async ({ job }) => {
  const entry = (job_id: string) => ({ job_id, filename, status: 'completed' })
  const jobs = [entry('00000A'), entry('000009')]
  const ctx = { moonraker: { call: async () => ({ jobs }) } } as unknown as EdgeContext
  const print = { filename, history_id: null, history_after: null, boot: null }
  const told = async (fields: { history_id?: string; history_after?: string }) => {
    const entry = await findEnd(ctx, { ...print, ...fields })
    return (entry && outcomeByHistory(job, entry, stateOf({}))?.status) ?? null
  }
  assert.is(await told({}), null, 'Moonraker did not say which are older')
  assert.is(await told({ history_after: '00000A' }), null)
  assert.is(await told({ history_after: '000009' }), 'success')
  assert.is(await told({ history_after: '-1' }), 'success', 'there was none before')
  assert.is(await told({ history_id: '000009' }), 'success')
  assert.is(await told({ history_id: '000008' }), null)
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createChanges } from '../../../edge/changes.ts'
import { defaultTiming } from '../../../edge/config.ts'
import type { EdgeContext } from '../../../edge/context.ts'
import type { PrinterState } from '../../../edge/moonraker/printer-state.ts'
import type { JobRecord } from '../../../edge/print/job/record.ts'
import { createRun } from '../../../edge/print/run.ts'
import { silentLog } from '../../../runtime/log.ts'
import { after, claimedJob, gcode, print, printerOf, stub } from '../../make/edge/plan-world.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('the loop of a print job')

/** A job that the marketplace had paused, at a printer whose resume ends only when the test says so. */
function pausedPrint() {
  const stop = new AbortController()
  const changes = createChanges()
  const calls: string[] = []
  const pauses: JobRecord['pause'][] = []
  let printer = printerOf({ state: 'paused', position: 400 })
  let endResume = () => {}
  const show = (next: PrinterState) => {
    printer = next
    changes.emit()
  }
  const ctx = {
    config: { timing: defaultTiming },
    signal: stop.signal,
    log: silentLog,
    jitter: () => 0.5,
    settings: { autoStart: () => false },
    store: { identity: () => ({}), changes: createChanges() },
    records: { save: async (record: JobRecord) => void pauses.push(record.pause) },
    marketplace: { progress: () => new Promise(() => {}) },
    moonraker: {
      changes,
      state: () => printer,
      refresh: async () => printer,
      call: (method: string) => {
        calls.push(method)
        if (method === 'printer.print.pause') show(printerOf({ state: 'paused', position: 402 }))
        if (method !== 'printer.print.resume') return Promise.resolve({})
        return new Promise<void>(resolve => {
          endResume = resolve
        })
      },
    },
  } as unknown as EdgeContext
  const job = after(
    claimedJob(),
    { kind: 'stub-written' },
    { kind: 'recorded', fields: { stub, isSpooled: true } },
    { kind: 'opened', gcode },
    { kind: 'recorded', fields: { print: print, pause: 'done' }, isSeenFromStart: true },
    { kind: 'stream-opened' },
    { kind: 'lines-sent', to: 500 },
  )
  const run = createRun(ctx, job)
  const wishPause = (pause_requested: boolean) =>
    run.send({
      kind: 'progress-sent',
      at: performance.now(),
      isRunning: true,
      activity: null,
      answer: { cancel_requested: false, pause_requested },
    })
  return {
    run,
    calls,
    pauses,
    show,
    wishPause,
    endResume: () => endResume(),
    stop: () => stop.abort(new Error('over')),
  }
}

test('a pause that is requested during a resume follows it', async () => {
  const { run, calls, pauses, show, wishPause, endResume, stop } = pausedPrint()
  wishPause(false)
  const running = run.run().catch(() => {})
  await eventually('the resume is under way', () => calls.includes('printer.print.resume'))
  wishPause(true)
  // The print runs before the call is answered: that was the edge's own resume, not one by people.
  show(printerOf({ state: 'printing', position: 401 }))
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(
    pauses.filter(pause => pause === 'left'),
    [],
  )
  endResume()
  await eventually('the print is paused', () => calls.includes('printer.print.pause'))
  assert.is(run.state().record.pause === 'left', false)
  stop()
  await running
})

test.run()

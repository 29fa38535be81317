import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PrinterState } from '../../../../edge/moonraker/printer-state.ts'
import { type JobEvent, observe } from '../../../../edge/print/job/events.ts'
import type { JobRecord } from '../../../../edge/print/job/record.ts'
import { isRunning, type Job, jobFromRecord } from '../../../../edge/print/job/state.ts'
import {
  after,
  boot,
  claimedJob,
  gcode,
  plannedKinds,
  print,
  printedBy,
  printerOf,
  settings,
  stub,
} from '../../../make/edge/plan-world.ts'

const test = suite('the plan of a print job')

const now = 100_000

interface Scene {
  job: Job
  printer: PrinterState
  isRegistered?: boolean
}

const recorded = (fields: Partial<JobRecord>): JobEvent => ({ kind: 'recorded', fields })
const startAsked: JobEvent = { kind: 'start-asked', until: Number.POSITIVE_INFINITY }
const opened: JobEvent = { kind: 'opened', gcode }
const progressSent: JobEvent = { kind: 'progress-sent', at: now, isRunning: false, activity: null, answer: null }
const cancelAsked: JobEvent = { kind: 'cancel-asked' }
const startSaved = recorded({ isStartAsked: true })
const failed: JobEvent = { kind: 'ended', ending: { kind: 'outcome', outcome: { status: 'failure' } } }

/** A job in each phase, with nothing left to do but what the phase is for. */
const waiting = after(claimedJob(), { kind: 'stub-written' }, recorded({ stub, isSpooled: true }), progressSent)
const printing = after(
  waiting,
  startAsked,
  opened,
  { kind: 'recorded', fields: { print }, isSeenFromStart: true },
  { kind: 'stream-opened' },
  { kind: 'lines-sent', to: 500 },
  { ...progressSent, isRunning: true },
)
const closing = after(printing, { kind: 'goodbye', position: 500 }, recorded({ closed_at: 500 }), {
  kind: 'stream-gone',
})
const phases: Record<string, Scene> = {
  waiting: { job: waiting, printer: printerOf() },
  printing: { job: printing, printer: printerOf({ state: 'printing', position: 400 }) },
  closing: { job: closing, printer: printerOf({ state: 'printing', position: 500 }) },
  ended: { job: after(waiting, failed), printer: printerOf() },
}

const does =
  (...events: JobEvent[]) =>
  (scene: Scene): Scene => ({ ...scene, job: after(scene.job, ...events) })
const shows =
  (shown: Parameters<typeof printerOf>[0]) =>
  (scene: Scene): Scene => ({ ...scene, printer: printerOf({ position: 400, ...shown }) })
/** As it shows now, and has shown for so long. */
const away =
  (shown: Parameters<typeof printerOf>[0], ms: number) =>
  (scene: Scene): Scene => {
    const { printer, ...rest } = shows({
      state: scene.job.phase.kind === 'waiting' ? 'standby' : 'printing',
      ...shown,
    })(scene)
    return { ...rest, printer, job: observe(rest.job, printer, now - ms) }
  }
const both =
  (...parts: ((scene: Scene) => Scene)[]) =>
  (scene: Scene): Scene =>
    parts.reduce((before, part) => part(before), scene)
const restarted = ({ job, ...scene }: Scene): Scene => ({
  ...scene,
  // What is on the disk of a job that has ended, until it is put away, is what it was before.
  job: job.phase.kind === 'ended' ? job : jobFromRecord(job.record, boot),
})
/** The marketplace has just answered: nothing else is due there. */
const wishes =
  (cancel_requested: boolean, pause_requested: boolean) =>
  ({ job, ...scene }: Scene): Scene => {
    const answer = { cancel_requested, pause_requested }
    return {
      ...scene,
      job: after(job, { kind: 'progress-sent', at: now, isRunning: isRunning(job), activity: null, answer }),
    }
  }
const asked =
  (fields: { isAnswered: boolean; status?: string; ago: number }): ((scene: Scene) => Scene) =>
  ({ job, ...scene }: Scene) => {
    const { phase } = job
    if (phase.kind !== 'printing' && phase.kind !== 'closing') return { job, ...scene }
    const entry = fields.status === undefined ? null : { status: fields.status, stats: {} }
    const inquiry = { at: now - 100, isAnswered: fields.isAnswered, entry }
    return { ...scene, job: { ...job, phase: { ...phase, doubt: { since: now - fields.ago, inquiry } } } }
  }

const endedAfterStart = ({ job, ...scene }: Scene): Scene => ({
  ...scene,
  job: job.phase.kind === 'ended' ? after(waiting, startSaved, failed) : job,
})

/** By the words of README.md's table. */
const events: Record<string, (scene: Scene) => Scene> = {
  'nothing new': scene => scene,
  'the job was just claimed': both(does(recorded({ stub: null, isSpooled: false })), ({ job, ...scene }) => ({
    ...scene,
    job: { ...job, isStubWritten: false },
  })),
  'the edge has restarted': restarted,
  'another run holds the job': does({ kind: 'lease-lost' }),
  'the marketplace has ended the job': both(
    restarted,
    does({ kind: 'given-up', at: now - 1000 }, { kind: 'stub-written' }),
  ),
  'a progress report is due': ({ job, ...scene }) => ({
    ...scene,
    job: { ...job, lastProgress: { at: now - 10_000, isRunning: isRunning(job), activity: null } },
  }),
  "the printer's activity has changed": ({ job, ...scene }) => ({
    ...scene,
    job: { ...job, lastProgress: { at: now - 1000, isRunning: isRunning(job), activity: null } },
  }),
  'somebody has asked for the start': does(startAsked),
  '... and the G-code is open': does(startAsked, opened),
  '... and Moonraker has read the stub': does(startAsked, opened, { kind: 'stub-read' }),
  '... and the start is saved': does(startAsked, opened, { kind: 'stub-read' }, startSaved),
  '... and the start was sent': does(startAsked, opened, startSaved, { kind: 'start-sent', at: now }),
  'the print ended before it asked for lines': both(
    does(startAsked, opened, { kind: 'start-sent', at: now - 5000 }, { kind: 'start-answered', at: now - 4000 }),
    shows({ state: 'error' }),
  ),
  '"Not now"': does({ kind: 'start-declined', nonce: 'a' }),
  '... and something else is printed': both(
    does({ kind: 'start-declined', nonce: 'a' }),
    shows({ state: 'printing', filename: 'own.gcode' }),
  ),
  'the job is cancelled': does(cancelAsked),
  'the job is cancelled, and a start may wait in Klipper': does(startSaved, cancelAsked),
  '... and Klippy has been away for 20 seconds': both(
    does(startSaved, cancelAsked),
    away({ klippy: 'startup' }, 20_000),
  ),
  '... and Moonraker has been away for 20 seconds': both(
    does(startSaved, cancelAsked),
    away({ isConnected: false }, 20_000),
  ),
  '... and Moonraker has been away for an hour': both(
    does(startSaved, cancelAsked),
    away({ isConnected: false }, 3_600_000),
  ),
  '... and the start runs, and prints the stub': both(
    does(startSaved, cancelAsked, { kind: 'queue-empty' }),
    shows({ state: 'printing' }),
  ),
  'the marketplace wants a pause': wishes(false, true),
  '... and this is saved': both(does(recorded({ pause: 'asked' })), wishes(false, true)),
  '... and the print is paused': both(
    does(recorded({ pause: 'asked' })),
    wishes(false, true),
    shows({ state: 'paused' }),
  ),
  '... and people resume the print': both(
    does(recorded({ pause: 'done' })),
    wishes(false, true),
    shows({ state: 'printing' }),
  ),
  'people had paused the print before': both(wishes(false, true), shows({ state: 'paused' })),
  'the marketplace wants no pause any longer': both(
    does(recorded({ pause: 'done' })),
    wishes(false, false),
    shows({ state: 'paused' }),
  ),
  '... of a print that people paused': both(
    does(recorded({ pause: 'left' })),
    wishes(false, false),
    shows({ state: 'paused' }),
  ),
  'the extra waits for lines': both(wishes(false, true), shows({ state: 'paused', isParked: true })),
  'every extruding line has run': shows({ state: 'printing', position: printedBy }),
  'the goodbye is not saved': does(recorded({ closed_at: 0 })),
  'Moonraker is away': shows({ isConnected: false, state: 'printing' }),
  'Klippy is starting': both(does({ kind: 'stream-gone' }), shows({ klippy: 'startup' })),
  'Klippy has shut down': both(does({ kind: 'stream-gone' }), shows({ klippy: 'shutdown' })),
  'the print is complete': both(does({ kind: 'stream-gone' }), shows({ state: 'complete', position: 1000 })),
  '... and the goodbye may still come': shows({ state: 'complete', position: 1000 }),
  'another file is printed': both(does({ kind: 'stream-gone' }), shows({ state: 'printing', filename: 'own.gcode' })),
  '... and the end of ours is not known yet': both(
    does({ kind: 'stream-gone' }),
    shows({ klippy: 'startup' }),
    asked({ isAnswered: false, ago: 5000 }),
  ),
  '... and the history has it': both(
    does({ kind: 'stream-gone' }),
    shows({ state: 'printing', filename: 'own.gcode' }),
    asked({ isAnswered: true, status: 'completed', ago: 5000 }),
  ),
  '... and the time to ask is over': both(
    does({ kind: 'stream-gone' }),
    shows({ klippy: 'startup' }),
    asked({ isAnswered: false, ago: 16_000 }),
  ),
  'its report is in the outbox': does({ kind: 'reported' }),
  'the job ended with a start that may wait in Klipper': endedAfterStart,
  '... and Klippy has stayed away': both(endedAfterStart, away({ klippy: 'startup' }, 20_000)),
  '... of a printer that is no longer registered': both(endedAfterStart, scene => ({ ...scene, isRegistered: false })),
}

/** The rows of the table in edge/print/README.md: the event, then the actions in each phase. */
function readTable(): { columns: string[]; rows: Map<string, string[]> } {
  const lines = readFileSync('edge/print/README.md', 'utf8').split('\n')
  const first = lines.findIndex(line => line.startsWith('| event |'))
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
  const [, ...columns] = cells(lines[first] ?? '')
  const body = lines.slice(first + 2)
  const end = body.findIndex(line => !line.startsWith('|'))
  return { columns, rows: new Map(body.slice(0, end).map(line => [cells(line)[0] ?? '', cells(line).slice(1)])) }
}

const { columns, rows } = readTable()

test('the table of README.md has every phase and every event', () => {
  assert.equal(columns, Object.keys(phases))
  assert.equal([...rows.keys()], Object.keys(events))
})

for (const [event, happen] of Object.entries(events)) {
  test(`${event}: what README.md says`, () => {
    const planned = Object.values(phases).map(scene => {
      const { job, printer, isRegistered = true } = happen(scene)
      return plannedKinds(job, printer, now, { ...settings, isRegistered }).join(', ') || '–'
    })
    assert.equal(planned, rows.get(event))
  })
}

test.run()

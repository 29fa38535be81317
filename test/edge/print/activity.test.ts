import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FakeJob } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, type EdgeFixtureOptions, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('reports to the marketplace about a print that stands still')

interface Print {
  fixture: EdgeFixture
  job: FakeJob
}

/** A progress that comes by itself comes too late for these tests: what is told in time was told at once. */
const rare = { progressMs: 60_000 }
const often = { progressMs: 50 }

function whilePrinting(name: string, options: EdgeFixtureOptions, work: (print: Print) => Promise<void>): void {
  test(name, async () => {
    const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 500, starvedPauseMs: 60_000 }, ...options })
    try {
      const job = await fixture.market.add(makeGcode(20_000))
      await untilReported(job, 'printing')
      await work({ fixture, job })
    } finally {
      await fixture.close()
    }
  })
}

/** Waits until the marketplace was told this last; gives the message. */
async function untilReported(job: FakeJob, state: string | undefined, message = /^$/): Promise<void> {
  const last = () => job.progressReports.at(-1)
  const isReported = () => last()?.printer_state === state && message.test(last()?.printer_message ?? '')
  await eventually(`the marketplace has ${state}`, isReported).catch(() => {
    assert.unreachable(`${state} ${message} was expected, not ${JSON.stringify(last())}`)
  })
}

async function shown({ client }: EdgeFixture): Promise<Record<string, unknown>> {
  const { job } = (await client.agent('status')) as { job: Record<string, unknown> }
  const { state, printer_state, printer_message } = job
  return { state, printer_state, printer_message }
}

async function finished({ fixture, job }: Print): Promise<void> {
  await fixture.client.call('virtual_printer.set_speed', { lines_per_second: 1_000_000 })
  assert.is((await reported(fixture, job)).status, 'success')
}

whilePrinting('a pause at the printer and its end are told at once', { timing: rare }, async print => {
  const { fixture, job } = print
  await fixture.client.call('printer.print.pause')
  await untilReported(job, 'paused_at_printer')
  assert.equal(await shown(fixture), { state: 'paused', printer_state: 'paused_at_printer', printer_message: null })
  await fixture.client.call('printer.print.resume')
  await untilReported(job, 'printing')
  assert.equal(await shown(fixture), { state: 'printing', printer_state: 'printing', printer_message: null })
  await finished(print)
})

whilePrinting('filament runs out', { timing: rare }, async print => {
  await print.fixture.client.call('virtual_printer.runout')
  await untilReported(print.job, 'filament_runout')
  await print.fixture.client.call('printer.print.resume')
  await finished(print)
})

whilePrinting(
  'a resume that fails after the idle timeout is told in Klipper’s words; the next wish tries again',
  { timing: often },
  async print => {
    const { fixture, job } = print
    job.isPauseRequested = true
    await untilReported(job, 'paused_by_marketplace')
    await fixture.client.call('virtual_printer.idle_timeout')
    await untilReported(job, 'paused_by_marketplace', /^Klipper's idle_timeout has run during the pause/)
    job.isPauseRequested = false
    const refused = /^The printer did not resume the print: Must home axis first: /
    await untilReported(job, 'paused_by_marketplace', refused)
    assert.match(String((await shown(fixture)).printer_message), refused)
    await fixture.restartEdge()
    await untilReported(job, 'paused_by_marketplace', refused)
    assert.match(String((await shown(fixture)).printer_message), refused, 'it is known after a restart, too')

    await fixture.client.call('printer.gcode.script', { script: 'G28' })
    job.isPauseRequested = true
    const before = job.progressReports.length
    await eventually('the edge hears of it', () => job.progressReports.length > before + 5)
    job.isPauseRequested = false
    await untilReported(job, 'printing')
    await finished(print)
  },
)

whilePrinting('a resume that fails when somebody at the printer tries', { timing: rare }, async print => {
  const { fixture, job } = print
  await fixture.client.call('printer.print.pause')
  await untilReported(job, 'paused_at_printer')
  const message = `Nozzle is cold\nHeat it${' and wait'.repeat(40)}`
  await fixture.client.call('virtual_printer.fail_resume', { message })
  await fixture.client.call('printer.print.resume').catch(() => {})
  await untilReported(job, 'paused_at_printer', /^The printer says: Nozzle is cold/)
  assert.ok((job.progressReports.at(-1)?.printer_message?.length ?? 0) <= 300)
  await fixture.client.call('printer.print.resume')
  await untilReported(job, 'printing')
  await finished(print)
})

test('no lines come', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 5000, starvedPauseMs: 50 }, timing: often })
  try {
    const job = await fixture.market.add(makeGcode(80_000))
    await untilReported(job, 'printing')
    await fixture.stopEdge()
    await eventually('the print is paused', async () => (await fixture.client.printStats()).state === 'paused')
    await fixture.client.call('virtual_printer.fail_resume', { message: 'Nozzle is cold' })
    await fixture.startEdge()
    await eventually('the resume has failed', () => fixture.client.console.some(line => line === '!! Nozzle is cold'))
    // Who connects a moment later has not heard of it.
    await untilReported(job, 'waiting_for_lines', /^The printer says: Nozzle is cold|^$/)
    await fixture.client.call('printer.print.resume')
    await untilReported(job, 'printing')
    await finished({ fixture, job })
  } finally {
    await fixture.close()
  }
})

test.run()

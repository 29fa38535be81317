import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createApi } from '../../local/demo/api.ts'
import { lastRun } from '../../local/demo/printer.ts'
import { runDemo } from '../../local/demo/run-demo.ts'
import { people, readSample } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PurchaseResponse, ReceiptResponse } from '../../schema/http/purchases.ts'
import { ball, binaryStl } from '../make/slicer/models.ts'
import { makeStack, quiet } from '../make/stack.ts'

const test = suite('a long print')
const { stack, printer, fund, close } = await makeStack({ isKeptUp: true })
test.after(close)

const setSpeed = (lines_per_second: number) => printer.call('virtual_printer.set_speed', { lines_per_second })

async function printedPart(): Promise<number> {
  const { status } = await printer.call<{ status: { virtual_sdcard: { progress: number } } }>('printer.objects.query', {
    objects: { virtual_sdcard: null },
  })
  return status.virtual_sdcard.progress
}

/** Asked again while nobody is there to answer. */
function patiently<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  return waitFor(what, () => ask().catch(() => null))
}

test('goes on byte for byte when everything but the printer is killed in its middle, and uses one right', async () => {
  const sample = { ...readSample(undefined), file: binaryStl(ball(30, 100)), fileName: 'ball.stl' }
  await setSpeed(1_000_000)
  const first = await runDemo({ marketplaceUrl: stack.urls.bff, printer, sample, fund, narrator: quiet })
  const { purchase_id } = first.purchase
  const { sha256, lines } = first.preparation.totals!
  assert.ok(lines > 100_000, `${lines} lines`)

  const session = await createApi(stack.urls.bff).post<SessionResponse>('/api/auth/login', people.enthusiast)
  const api = createApi(stack.urls.bff, session.access_token)
  await setSpeed(20_000)
  const { print_job_id } = await api.post<PrintResponse>('/api/print', { purchase_id })
  await waitFor('the middle of the print', async () => {
    const part = await printedPart()
    return part > 0.3 && part < 0.9
  })
  const killed = Object.entries(stack.pids()).filter(([name]) => !name.includes('printer'))
  for (const [, pid] of killed) process.kill(pid, 'SIGKILL')
  assert.ok(killed.length >= 7, killed.map(([name]) => name).join(' '))

  const job = await patiently('the print to end', async () => {
    const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
      `/api/print-jobs?purchase_id=${purchase_id}`,
    )
    const found = print_jobs.find(one => one.print_job_id === print_job_id)
    return found?.ended_at ? found : null
  })
  assert.is(job.status, 'success')
  const ran = await lastRun(printer)
  assert.is(ran.sha256, sha256)
  assert.is(ran.lines, lines)
  const purchase = await api.get<PurchaseResponse>(`/api/purchases/${purchase_id}`)
  assert.is(purchase.prints_used, 2)
  assert.is(purchase.prints_reserved, 0)
  const told = await patiently('the second success on the ledger', async () => {
    const { events } = await api.get<ReceiptResponse>(`/api/receipts/${purchase_id}`)
    const prints = events.filter(event => event.type === 'model_print' && event.sequence_number !== null)
    return prints.length >= 2 ? prints : null
  })
  assert.is(told.length, 2)
})

test.run()

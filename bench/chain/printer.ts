import type { Api } from '../../local/demo/api.ts'
import { buy } from '../../local/demo/market.ts'
import { prepare, registerPrinter } from '../../local/demo/print.ts'
import { connectPrinter, type Printer } from '../../local/demo/printer.ts'
import { waitFor } from '../../local/demo/wait.ts'
import type { ModelResponse } from '../../schema/http/models.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'

const limitMs = 600_000

export interface Shop {
  api: Api
  userId: string
  model: ModelResponse
  profileId: string
}

export interface ReadyPrinter {
  printer: Printer
  /** Prints, and returns the seconds from the order: to the start of the print, and to its end. */
  print: () => Promise<{ startedS: number; endedS: number }>
}

/** Registers the printer at this address, buys the model and has it prepared for it. */
export async function makeReady({ api, userId, model, profileId }: Shop, url: string): Promise<ReadyPrinter> {
  const printer = await connectPrinter(url)
  const printerId = await registerPrinter(api, printer)
  const purchase = await buy(api, userId, model)
  await prepare(api, { userId, purchase, printerId, profileId }, () => {})
  return {
    printer,
    async print() {
      const began = performance.now()
      const seconds = () => (performance.now() - began) / 1000
      const order = { user_id: userId, purchase_id: purchase.purchase_id, printer_id: printerId }
      const { print_job_id } = await api.post<PrintResponse>('/api/print', order)
      if (print_job_id === null) throw new Error('The G-code has expired before it was printed.')
      await waitFor('the print to begin', async () => (await printStats(printer)).state === 'printing', { limitMs })
      const startedS = seconds()
      const job = await waitFor('the print to end', () => endedJob(api, purchase.purchase_id, print_job_id), {
        limitMs,
        everyMs: 500,
      })
      if (job.status !== 'success') throw new Error(`A print ended as ${job.status}: ${job.error}`)
      return { startedS, endedS: seconds() }
    },
  }
}

async function printStats(printer: Printer): Promise<{ state: string }> {
  const objects = { print_stats: null }
  const { status } = await printer.call<{ status: { print_stats: { state: string } } }>('printer.objects.query', {
    objects,
  })
  return status.print_stats
}

async function endedJob(api: Api, purchaseId: string, jobId: string): Promise<PrintJobResponse | undefined> {
  const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(`/api/print-jobs?purchase_id=${purchaseId}`)
  return print_jobs.find(job => job.print_job_id === jobId && job.ended_at !== null)
}

import { z } from 'zod'
import { atMost } from '../../runtime/deadline.ts'
import { AppError } from '../../schema/http/errors.ts'
import { MoonrakerError } from '../moonraker/rpc.ts'
import { queuedMs } from '../print/actions/command.ts'
import type { JobHandle } from '../print/job/current-job.ts'
import { isOn } from '../print/job/state.ts'
import type { AgentContext } from './context.ts'
import { requireJob, requireKlipper } from './require-job.ts'

/** The current job, whose print is on the printer now. Errors: invalid_input, not_found, job_not_printing, printer_offline. */
export function requirePrint(ctx: AgentContext, params: unknown): JobHandle {
  const job = requireJob(ctx, params)
  if (isOn(job.state(), requireKlipper(ctx))) return job
  throw new AppError('job_not_printing', 'The print of this job has not begun, or is over.')
}

/** A person waits for the answer; Klipper may first have to end a long macro or wait for a heater. */
const answerMs = 6000

/**
 * Sends a command to Klipper and waits some seconds for its end: Klipper may be busy, and runs the command after that.
 * Errors: print_refused with Klipper's words, printer_offline when Moonraker is away.
 */
export async function sendToKlipper(ctx: AgentContext, method: string, params?: object): Promise<void> {
  const sent = ctx.moonraker.call(method, params, z.unknown(), { timeoutMs: queuedMs })
  // Klipper's late refusal is on its console.
  sent.catch(() => {})
  try {
    await atMost(answerMs, sent)
  } catch (error) {
    if (error instanceof MoonrakerError) throw new AppError('print_refused', error.message)
    throw error
  }
}

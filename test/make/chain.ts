import { execFile, spawn } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { bundle } from '../../local/build.ts'
import { type Api, ApiError, createApi } from '../../local/demo/api.ts'
import { sampleProfile } from '../../local/demo/sample.ts'
import { waitFor } from '../../local/demo/wait.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { PrepareStatusResponse } from '../../schema/http/preparations.ts'
import type { PrintJobResponse, PrintResponse } from '../../schema/http/print-jobs.ts'
import type { PurchaseResponse } from '../../schema/http/purchases.ts'
import type { TestStack } from './stack.ts'

export interface Person {
  api: Api
  userId: string
  email: string
  password: string
}

/** A new person, registered and logged in. */
export async function stranger(url: string, role: 'designer' | 'enthusiast' = 'enthusiast'): Promise<Person> {
  const person = { email: `someone-${process.hrtime.bigint()}@example.com`, password: 'long enough' }
  const session = await createApi(url).post<SessionResponse>('/api/auth/register', { ...person, role })
  return { ...person, api: createApi(url, session.access_token), userId: session.user_id }
}

/** Requires that the API refuses this with that code. */
export async function refused(code: string, work: Promise<unknown>): Promise<void> {
  const got = await work.then(
    () => 'no error',
    error => (error instanceof ApiError ? error.code : String(error)),
  )
  assert.is(got, code)
}

/** Prints a prepared purchase, and waits for the end of the job. */
export async function printAgain(
  api: Api,
  { userId, purchaseId: purchase_id }: { userId: string; purchaseId: string },
): Promise<PrintJobResponse> {
  const { print_job_id } = await api.post<PrintResponse>('/api/print', { user_id: userId, purchase_id })
  return waitFor('the print to end', async () => {
    const { print_jobs } = await api.get<{ print_jobs: PrintJobResponse[] }>(
      `/api/print-jobs?purchase_id=${purchase_id}`,
    )
    const job = print_jobs.find(one => one.print_job_id === print_job_id)
    return job?.ended_at ? job : null
  })
}

/** Buys, slices and prints for a user's registered printer, and claims the job as its edge would. */
export async function grantOf(
  { api: buyer, userId: user_id }: Person,
  { printer, modelId, fund }: { printer: Api; modelId: string; fund: TestStack['fund'] },
): Promise<string> {
  const { account_id } = await buyer.get<{ account_id: string }>('/api/wallet')
  await fund(account_id, 20n)
  const { purchase_id } = await buyer.post<PurchaseResponse>('/api/purchase-model', {
    user_id,
    model_id: modelId,
    license_type: 'pay-per-print',
    storage_currency: 'hbar',
  })
  const profile = await buyer.post<{ print_profile_id: string }>('/api/print-profiles', sampleProfile)
  await buyer.post('/api/prepare', {
    user_id,
    purchase_id,
    print_profile_id: profile.print_profile_id,
    storage_currency: 'hbar',
    print_immediately: true,
  })
  await waitFor('the slice', async () => {
    const status = await buyer.get<PrepareStatusResponse>(`/api/prepare-status?purchase_id=${purchase_id}`)
    return status.status === 'completed'
  })
  const job = await printer.get<{ cws_token: string }>('/api/get-print-job?boot_nonce=a-nonce-of-16-bytes')
  return job.cws_token
}

/** Runs an operator's command as in the main README. Returns its output. */
export async function operate(dataDir: string, ...words: string[]): Promise<string> {
  const flags = ['--env-file', join(dataDir, 'operator.env'), 'dist/bff-operator.js']
  // An environment of its own: what is set in ours would count for more than the file.
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...words], { env: {} })
  return stdout
}

/**
 * Bundles what `npm start` runs: its sources, loaded by tsx, take each run two seconds more. `run` runs `npm start -- WORDS` in
 * the folder of a marketplace that runs, and returns its output, or its error text.
 */
export async function bundleStart(dataDir: string) {
  const source = 'local/stack/start.ts'
  const folder = resolve('dist', `start-${process.pid}`)
  await bundle({ start: source }, folder)

  async function run(...words: string[]): Promise<string> {
    // Stands for the running marketplace: the lock file names its process.
    const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', source], { stdio: 'ignore' })
    const lockFile = join(dataDir, 'start.pid')
    writeFileSync(lockFile, String(running.pid))
    try {
      const command = [join(folder, 'start.js'), ...words]
      const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: dirname(dataDir) })
      return stdout
    } catch (error) {
      return String((error as { stderr?: string }).stderr)
    } finally {
      running.kill('SIGKILL')
      rmSync(lockFile)
    }
  }

  return { run, close: () => rmSync(folder, { recursive: true }) }
}

/** The paths of all files under a folder. */
export function files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

/**
 * What the marketplace and the edge hold at the most while a 60 MB model is published and sliced, and a 200 MB G-code is
 * downloaded, opened and printed. The whole local stack runs; the figures are the kernel's peak of each process.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readSigningKey } from '../bff/tokens/keys.ts'
import { createTokens } from '../bff/tokens/tokens.ts'
import { build } from '../local/build.ts'
import { type Api, createApi } from '../local/demo/api.ts'
import type { Printer } from '../local/demo/printer.ts'
import { runDemo } from '../local/demo/run-demo.ts'
import { people, readSample, type Sample } from '../local/demo/sample.ts'
import { waitFor } from '../local/demo/wait.ts'
import { cloud } from '../local/stack/cloud.ts'
import { databases, environments } from '../local/stack/environments.ts'
import type { Stack } from '../local/stack/stack.ts'
import { openWithGrant } from '../runtime/cws.ts'
import { connectDatabase } from '../schema/db/connect.ts'
import { unwrapKey, wrapKey } from '../schema/gcode/keys.ts'
import { sealGcode } from '../schema/gcode/writer.ts'
import { makeStack, quiet, type TestStack } from '../test/make/stack.ts'
import { makeGcode } from './gcode/make.ts'
import { makeTerrain } from './model/terrain.ts'
import { forgetPeak, memoryMb } from './report/memory.ts'
import type { Figures } from './report/result.ts'
import { round } from './report/statistics.ts'

const modelBytes = 60_000_000
const gcodeBytes = 200_000_000

export async function run(): Promise<Figures> {
  await build()
  // With the usual cost of passwords, whose memory counts.
  const world = await makeStack({ env: {} })
  const { stack, printer } = world
  try {
    await printer.call('virtual_printer.set_speed', { lines_per_second: 0 })
    const small = await measure(stack, () => show(world, readSample(undefined)))
    const model = await measure(stack, () => show(world, largeSample()))
    const gcode = await measure(stack, () => printLarge(stack, printer))
    return { gear_wheel: small, model_of_60_mb: model, gcode_of_200_mb: gcode }
  } finally {
    await world.close()
  }
}

/** Seconds, and the peak of each process's resident memory meanwhile. */
async function measure(stack: Stack, work: () => Promise<void>): Promise<Record<string, number>> {
  const processes = ['bff', 'edge', 'slicer', 'cws']
  for (const name of processes) forgetPeak(stack.pids()[name])
  const started = performance.now()
  await work()
  const figures: Record<string, number> = { seconds: round((performance.now() - started) / 1000, 1) }
  for (const name of processes) {
    figures[`${name}_peak_mb`] = Math.round(memoryMb(stack.pids()[name], 'VmHWM'))
  }
  return figures
}

async function show({ stack, printer, fund }: TestStack, sample: Sample): Promise<void> {
  await runDemo({ marketplaceUrl: stack.urls.bff, printer, sample, fund, narrator: quiet })
}

function largeSample(): Sample {
  const { metadata } = readSample(undefined)
  return { metadata: { ...metadata, title: 'Terrain' }, file: makeTerrain(modelBytes), fileName: 'terrain.stl' }
}

/** Puts a large G-code in the place of the newest slice, sealed for the same printer, and prints that. */
async function printLarge(stack: Stack, printer: Printer): Promise<void> {
  const database = connectDatabase({
    host: stack.postgresSocket,
    database: databases.bff,
    user: 'postgres',
    applicationName: 'bench',
    max: 1,
  })
  try {
    const [slice] = await database.sql`
      SELECT preparation_id, purchase_id, printer_id, psek_encrypted_gcode_dek, kek_encrypted_psek
      FROM preparations JOIN printers USING (printer_id) ORDER BY preparations.created_at DESC LIMIT 1`
    if (!slice) throw new Error('there is no slice to take the place of')
    const psek = await openPsek(stack, String(slice.printer_id), String(slice.kek_encrypted_psek))
    const dek = unwrapKey(psek, String(slice.psek_encrypted_gcode_dek))
    const uri = await upload(stack, slice as { preparation_id: string; purchase_id: string }, dek)
    await database.sql`
      UPDATE preparations SET psek_encrypted_gcode_dek = ${wrapKey(psek, dek)}, gcode_file_url = ${uri.uri},
        gcode_size = ${uri.size}, gcode_sha256 = ${uri.sha256}, totals = ${JSON.stringify(uri.totals)}
      WHERE preparation_id = ${String(slice.preparation_id)}`
    await print(stack, String(slice.purchase_id))
    const run = await printer.call<{ bytes: number; sha256: string }>('virtual_printer.last_run')
    if (run.sha256 !== uri.totals.sha256) throw new Error('the printer ran something else')
  } finally {
    await database.close()
  }
}

async function openPsek(stack: Stack, printerId: string, blob: string): Promise<Buffer> {
  const key = await readSigningKey(stack.secrets.tokenKeyFile)
  const tokens = createTokens(key, stack.urls.bff, () => new Date())
  const { token } = await tokens.grant('bench', 'bench', [`printer:${printerId}`])
  return openWithGrant(stack.urls.cws, token, blob)
}

async function upload(stack: Stack, slice: { preparation_id: string; purchase_id: string }, dek: Buffer) {
  Object.assign(process.env, environments(stack).bff)
  const { googleBucket } = await import('../bff/bucket/google.ts')
  const bucket = googleBucket({
    bucketName: cloud.bucket,
    projectId: cloud.projectId,
    apiEndpoint: stack.google.storageUrl,
  })
  const hash = createHash('sha256')
  let size = 0
  let totals: { sha256: string } | undefined
  async function* sealed() {
    const source = (async function* () {
      yield makeGcode(gcodeBytes)
    })()
    const container = sealGcode(source, {
      dek,
      purchaseId: slice.purchase_id,
      preparationId: slice.preparation_id,
      randomBytes,
      clock: Date.now,
      estimates: () => ({ layers: 100, estimated_time_s: 3600, filament_mm: 1000 }),
      onTotals: found => {
        totals = found
      },
    })
    for await (const frame of container) {
      hash.update(frame)
      size += frame.length
      yield frame
    }
  }
  const name = `gcode/${slice.preparation_id}/bench.lmnt`
  await bucket.write(name, sealed())
  if (!totals) throw new Error('the container has no totals')
  return { uri: bucket.uri(name), size, sha256: hash.digest('hex'), totals }
}

async function print(stack: Stack, purchaseId: string): Promise<void> {
  const session = await createApi(stack.urls.bff).post<{ access_token: string; user_id: string }>(
    '/api/auth/login',
    people.enthusiast,
  )
  const api: Api = createApi(stack.urls.bff, session.access_token)
  const body = { user_id: session.user_id, purchase_id: purchaseId }
  const { print_job_id } = await api.post<{ print_job_id: string }>('/api/print', body)
  const job = await waitFor(
    'the large print',
    async () => {
      const { print_jobs } = await api.get<{
        print_jobs: { print_job_id: string; status: string; error: string | null; ended_at: string | null }[]
      }>(`/api/print-jobs?purchase_id=${purchaseId}`)
      return print_jobs.find(one => one.print_job_id === print_job_id && one.ended_at)
    },
    { limitMs: 600_000 },
  )
  if (job.status !== 'success') throw new Error(`the large print ended as ${job.status}: ${job.error}`)
}

import { createHash, randomBytes } from 'node:crypto'
import { wrapKey } from '../../../schema/gcode/keys.ts'
import { sealGcode } from '../../../schema/gcode/writer.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { ClaimedJob, JobStatus, ProgressRequest, ReportRequest } from '../../../schema/http/print-jobs.ts'
import { user } from './fake-accounts.ts'
import type { MadeGcode } from './gcode.ts'

/** A print job at the fake marketplace. */
export interface FakeJob {
  claim: Omit<ClaimedJob, 'cws_token' | 'cws_url' | 'gcode_download_url_proxy' | 'gcode_file_url'>
  status: JobStatus
  bootNonce: string | null
  isCancelRequested: boolean
  isPauseRequested: boolean
  sealed: Buffer
  reports: ReportRequest[]
  wasPrinting: boolean
  /** The edge's progress reports, in order. */
  progressReports: Omit<ProgressRequest, 'boot_nonce'>[]
}

export interface AddOptions {
  title?: string
  purchaseId?: string
  /** Changes the sealed bytes. */
  alter?: (sealed: Buffer) => Buffer
  /** True: the announced hash is that of the unchanged bytes. */
  announced?: boolean
}

export const isActive = (job: FakeJob) => job.status === 'claimed' || job.status === 'printing'

/** Makes a queued job; its G-code is sealed under a key that this PSEK wraps. */
export async function makeJob(psek: Buffer, gcode: MadeGcode, options: AddOptions): Promise<FakeJob> {
  const purchaseId = options.purchaseId ?? newId('purchase', randomBytes)
  const preparationId = newId('preparation', randomBytes)
  const dek = randomBytes(32)
  const totals = { estimated_time_s: 4325, filament_mm: 4321.5, layers: gcode.layers }
  const source = (async function* () {
    yield Buffer.from(gcode.text)
  })()
  const parts: Buffer[] = []
  const seal = { dek, purchaseId, preparationId, randomBytes, clock: Date.now, estimates: () => totals }
  for await (const part of sealGcode(source, seal)) parts.push(part)
  const whole = Buffer.concat(parts)
  const sealed = options.alter ? options.alter(Buffer.from(whole)) : whole
  const wrapped = wrapKey(psek, dek)
  return {
    claim: {
      print_job_id: newId('job', randomBytes),
      purchase_id: purchaseId,
      preparation_id: preparationId,
      user_id: user.user_id,
      status: 'claimed',
      cancel_requested: false,
      pause_requested: false,
      psek_encrypted_gcode_dek: wrapped,
      gcode_dek: wrapped,
      kek_encrypted_psek_for_gcode_encryption: 'wrapped-psek',
      title: options.title ?? 'Gear',
      thumbnail: Buffer.alloc(200, 7).toString('base64'),
      thumbnail_small: Buffer.alloc(40, 7).toString('base64'),
      totals: { ...totals, bytes: Buffer.byteLength(gcode.text), lines: gcode.lines, sha256: gcode.sha256 },
      summary: {
        object_height_mm: 8,
        layer_height_mm: 0.2,
        first_layer_height_mm: 0.25,
        nozzle_diameter_mm: 0.4,
        filament_type: 'PLA',
        filament_name: 'Generic PLA @0.4 nozzle',
        filament_colour: '#2196F3',
        filament_weight_g: 12.89,
        first_layer_temperature_c: 215,
        first_layer_bed_temperature_c: 60,
        chamber_temperature_c: 35,
      },
      size: sealed.length,
      sha256: createHash('sha256')
        .update(options.announced ? whole : sealed)
        .digest('hex'),
    },
    status: 'queued',
    bootNonce: null,
    ...untouched,
    sealed,
    reports: [],
    progressReports: [],
  }
}

const untouched = { isCancelRequested: false, isPauseRequested: false, wasPrinting: false }

/** Restores a job that was saved with a data folder; its sealed G-code is in that folder. */
export function restoredJob(saved: Pick<FakeJob, 'claim' | 'status' | 'bootNonce'>): FakeJob {
  return { ...saved, ...untouched, sealed: Buffer.alloc(0), reports: [], progressReports: [] }
}

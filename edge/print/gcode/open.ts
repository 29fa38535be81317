import { type FileHandle, open as openFile, stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { openWithGrant } from '../../../runtime/cws.ts'
import type { FernetKey } from '../../../schema/gcode/fernet.ts'
import { lengthSize } from '../../../schema/gcode/frame.ts'
import { unwrapKey, wipe } from '../../../schema/gcode/keys.ts'
import { knownCommands } from '../../../schema/gcode/known-commands.ts'
import { locate, openFrame, type VerifiedContainer, verifyContainer } from '../../../schema/gcode/reader.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { ClaimedJob } from '../../../schema/http/print-jobs.ts'
import type { GcodeTotals } from '../../../schema/http/slice.ts'
import type { EdgeContext } from '../../context.ts'
import { createLineGuard } from './line-guard.ts'
import { sha256Of, spoolPath } from './spool-file.ts'

/** A container that was checked from end to end, and the key of its frames. The key is in memory and nowhere else. */
export interface OpenGcode {
  totals: GcodeTotals
  /** The byte after the last extruding line. */
  printedBy: number
  /** Returns the lines' bytes from an offset to the end of its frame. The caller wipes them. */
  read: (offset: number) => Promise<Buffer>
  /** Wipes the key. */
  close: () => Promise<void>
}

/** A job whose sealed G-code is on the disk. */
export interface SealedJob {
  id: string
  claim: Pick<
    ClaimedJob,
    | 'purchase_id'
    | 'preparation_id'
    | 'size'
    | 'sha256'
    | 'totals'
    | 'kek_encrypted_psek_for_gcode_encryption'
    | 'psek_encrypted_gcode_dek'
  >
  /** A grant that is still valid; null: request one. */
  grant: { cws_token: string; cws_url: string } | null
}

const readSize = 256 * 1024

/** The spool is missing or damaged, or its disk cannot be read: it must be fetched again. */
export class SpoolMissing extends Error {}

type Checked = VerifiedContainer & Pick<OpenGcode, 'printedBy'>

/**
 * Opens a job's G-code. The CWS opens the printer's key with the job's grant; that key opens the G-code's key. Then the whole spool is
 * checked from end to end, lines included, before the first line is used. The CWS counts the openings of a job's key, so everything
 * else is made ready before.
 * Errors: the signal's reason. SpoolMissing. Permanent: gcode_corrupt, gcode_rejected, key_blob_invalid. Temporary:
 * marketplace_unavailable, cws_unavailable, printer_offline and other answers of the marketplace.
 */
export async function openGcode(ctx: EdgeContext, job: SealedJob, signal: AbortSignal): Promise<OpenGcode> {
  const help = await ctx.moonraker.call('printer.gcode.help', undefined, z.record(z.string(), z.unknown()))
  const file = await openSpool(spoolPath(ctx.config.dataDir, job.id), job.claim, signal)
  let dek: FernetKey | undefined
  try {
    dek = await openKey(ctx, job, signal)
    ctx.securityLog.add({ event: 'key_opened', details: { print_job_id: job.id } })
    const checked = await check(file, dek, job.claim, knownCommands(Object.keys(help)), signal)
    return serveFrames(file, dek, checked)
  } catch (error) {
    if (dek) wipe(dek)
    await file.close()
    throw error
  }
}

/** Opens the spool after a check of its hash: a bad sector is found before the key is opened, which is counted. */
async function openSpool(
  path: string,
  { size, sha256 }: Pick<SealedJob['claim'], 'size' | 'sha256'>,
  signal: AbortSignal,
): Promise<FileHandle> {
  try {
    const isWhole = (await stat(path)).size === size && (await sha256Of(path, signal)) === sha256
    if (!isWhole) throw new SpoolMissing('the spool is damaged')
    return await openFile(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EIO') throw new SpoolMissing(`the spool cannot be read (${code})`)
    throw error
  }
}

async function openKey(
  ctx: EdgeContext,
  { id, claim, grant: validGrant }: SealedJob,
  signal: AbortSignal,
): Promise<FernetKey> {
  const grant = validGrant ?? (await ctx.marketplace.keyGrant(id, signal))
  const psek = await openWithGrant(
    grant.cws_url,
    grant.cws_token,
    claim.kek_encrypted_psek_for_gcode_encryption,
    signal,
  )
  try {
    return unwrapKey(psek, claim.psek_encrypted_gcode_dek)
  } finally {
    wipe(psek)
  }
}

/**
 * Reads the whole container once and checks every frame's seal, the totals, the purchase, and that the printer knows each line's
 * command. A long print takes seconds: between two frames other work can run, and the signal can stop the check.
 */
async function check(
  file: FileHandle,
  dek: FernetKey,
  claim: SealedJob['claim'],
  commands: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Checked> {
  const guard = createLineGuard(commands)
  const verified = await verifyContainer(
    file.createReadStream({ start: 0, autoClose: false, highWaterMark: readSize }),
    {
      dek,
      async onPiece(data) {
        guard.check(data)
        wipe(data)
        await nextTurn(undefined, { signal })
      },
    },
  )
  guard.end()
  if (!isOf(claim, verified)) {
    throw new AppError('gcode_corrupt', 'The sealed G-code belongs to another purchase or preparation.')
  }
  return { ...verified, printedBy: guard.printedBy() }
}

function isOf(claim: SealedJob['claim'], { header, totals }: VerifiedContainer): boolean {
  return (
    header.purchase_id === claim.purchase_id &&
    header.preparation_id === claim.preparation_id &&
    totals.sha256 === claim.totals.sha256 &&
    totals.bytes === claim.totals.bytes
  )
}

function serveFrames(file: FileHandle, dek: FernetKey, checked: Checked): OpenGcode {
  const { header, totals, frames, printedBy } = checked
  return {
    totals,
    printedBy,
    async read(offset) {
      const { index, skip } = locate(header, offset)
      const [from, to] = [frames[index], frames[index + 1]]
      if (from === undefined || to === undefined) throw new RangeError(`the G-code has no byte ${offset}`)
      const size = to - from - lengthSize
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, from + lengthSize)
      // The seal of the frame detects a change on the disk after the check.
      return openFrame(buffer.subarray(0, bytesRead), { dek, header, index }).subarray(skip)
    },
    async close() {
      wipe(dek)
      await file.close()
    },
  }
}

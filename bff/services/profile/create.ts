import { eq } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { ProfileCreatedResponse, ProfileRequest } from '../../../schema/http/profiles.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { lockUserRow } from '../user.ts'
import { dryRun } from './dry-run.ts'
import { profilesOfUser } from './internal.ts'
import { toProfileResponse } from './list.ts'

/**
 * Stores a user's settings of a printer, process and filament. A dry run by the slicer lists settings that are changed or ignored,
 * before anything is paid for. Repeating an `operationId` returns the same profile.
 * Errors: profile_invalid, for a profile that can never be sliced; too_many_requests.
 */
export async function createProfile(
  ctx: Context,
  input: ProfileRequest,
  operationId?: string,
): Promise<ProfileCreatedResponse> {
  const { userId } = requireUser(ctx)
  const warnings = await checkContents(ctx, input)
  const printProfileId = idFor(ctx, 'profile', operationId)
  const find = async () =>
    (await ctx.db.select().from(printProfiles).where(eq(printProfiles.printProfileId, printProfileId)))[0]
  const make = () =>
    ctx.db.transaction(async tx => {
      await requireProfileQuota(ctx, tx, userId)
      const [made] = await tx
        .insert(printProfiles)
        .values({
          printProfileId,
          userId,
          name: input.name,
          machineSettings: input.machine_settings,
          processSettings: input.process_settings,
          filament: input.filament,
          createdAt: ctx.clock(),
        })
        .returning()
      return made!
    })
  return { ...toProfileResponse(await oncePerOperation(operationId, find, make)), warnings }
}

/** The dry run without a printer: prepare checks the limits and macros of the chosen one. */
async function checkContents(ctx: Context, { machine_settings, process_settings, filament }: ProfileRequest) {
  const checked = await dryRun(ctx, { machine_settings, process_settings, filament }, null)
  if (!checked)
    return ['The profile was not checked, since the slicer does not answer. It is checked when you prepare a print.']
  const fault = checked.faults.find(({ code }) => code === 'profile_invalid')
  if (fault) throw new AppError('profile_invalid', fault.message)
  return [...checked.faults.map(({ message }) => message), ...checked.warnings]
}

async function requireProfileQuota(ctx: Context, tx: Queryable, userId: string): Promise<void> {
  await lockUserRow(tx, userId)
  const { profilesLimit } = ctx.settings
  if ((await tx.$count(printProfiles, profilesOfUser(userId))) < profilesLimit) return
  const text = `You have ${profilesLimit} print profiles, which is the most. Use one of them, or delete one.`
  throw new AppError('too_many_requests', text)
}

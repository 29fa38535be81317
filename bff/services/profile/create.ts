import { eq } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { ProfileRequest, ProfileResponse } from '../../../schema/http/profiles.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { lockUser } from '../user.ts'
import { toProfileResponse } from './list.ts'

/**
 * Stores a user's settings of a printer, process and filament. The slicer validates them when it slices. Repeating an `operation`
 * returns the same profile. Errors: too_many_requests.
 */
export async function createProfile(ctx: Context, input: ProfileRequest, operation?: string): Promise<ProfileResponse> {
  const { userId } = requireUser(ctx)
  const printProfileId = idFor(ctx, 'profile', operation)
  const find = async () =>
    (await ctx.db.select().from(printProfiles).where(eq(printProfiles.printProfileId, printProfileId)))[0]
  const make = () =>
    ctx.db.transaction(async tx => {
      await requireRoom(ctx, tx, userId)
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
  return toProfileResponse(await oncePerOperation(operation, find, make))
}

async function requireRoom(ctx: Context, tx: Queryable, userId: string): Promise<void> {
  await lockUser(tx, userId)
  const { profilesLimit } = ctx.settings
  if ((await tx.$count(printProfiles, eq(printProfiles.userId, userId))) < profilesLimit) return
  const text = `You have ${profilesLimit} print profiles, which is the most. Use one of them.`
  throw new AppError('too_many_requests', text)
}

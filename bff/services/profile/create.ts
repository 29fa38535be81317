import { eq } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import type { ProfileRequest, ProfileResponse } from '../../../schema/http/profiles.ts'
import { type Context, requireUser } from '../../context.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { toProfileResponse } from './list.ts'

/**
 * A user stores the settings of a printer and filament; what a slicer can make of them shows when it slices. The same
 * `operation` again finds the same profile.
 */
export async function createProfile(ctx: Context, input: ProfileRequest, operation?: string): Promise<ProfileResponse> {
  const { userId } = requireUser(ctx)
  const printProfileId = idFor(ctx, 'profile', operation)
  const find = async () =>
    (await ctx.db.select().from(printProfiles).where(eq(printProfiles.printProfileId, printProfileId)))[0]
  const make = async () => {
    const [made] = await ctx.db
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
  }
  return toProfileResponse(await oncePerOperation(operation, find, make))
}

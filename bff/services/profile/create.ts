import { printProfiles } from '../../../schema/db/bff.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { ProfileRequest, ProfileResponse } from '../../../schema/http/profiles.ts'
import { type Context, requireUser } from '../../context.ts'
import { toProfileResponse } from './list.ts'

/** A user stores the settings of a printer and filament; what a slicer can make of them shows when it slices. */
export async function createProfile(ctx: Context, input: ProfileRequest): Promise<ProfileResponse> {
  const { userId } = requireUser(ctx)
  const [profile] = await ctx.db
    .insert(printProfiles)
    .values({
      printProfileId: newId('profile', ctx.random),
      userId,
      name: input.name,
      machineSettings: input.machine_settings,
      processSettings: input.process_settings,
      filament: input.filament,
      createdAt: ctx.clock(),
    })
    .returning()
  return toProfileResponse(profile!)
}

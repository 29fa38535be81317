import { desc, eq } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff.ts'
import type { ProfileResponse } from '../../../schema/http/profiles.ts'
import { type Context, requireUser } from '../../context.ts'

const most = 200

/** A user's print profiles, newest first. */
export async function listProfiles(ctx: Context): Promise<ProfileResponse[]> {
  const { userId } = requireUser(ctx)
  const rows = await ctx.db
    .select()
    .from(printProfiles)
    .where(eq(printProfiles.userId, userId))
    .orderBy(desc(printProfiles.createdAt))
    .limit(most)
  return rows.map(toProfileResponse)
}

export function toProfileResponse(profile: typeof printProfiles.$inferSelect): ProfileResponse {
  return {
    print_profile_id: profile.printProfileId,
    name: profile.name,
    machine_settings: profile.machineSettings,
    process_settings: profile.processSettings,
    filament: profile.filament,
    created_at: profile.createdAt.toISOString(),
  }
}

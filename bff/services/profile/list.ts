import { and, desc, inArray } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { ProfileListResponse, ProfileResponse } from '../../../schema/http/profiles.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter } from '../page.ts'
import { profilesOfUser } from './internal.ts'

/** A page of the user's print profiles, newest first. Reads only the rows of the page in full. */
export async function listProfiles(ctx: Context, request: PageRequest): Promise<ProfileListResponse> {
  const { userId: owner } = requireUser(ctx)
  const { printProfileId, createdAt, bytes } = printProfiles
  const order = [desc(createdAt), desc(printProfileId)]
  const positions = await ctx.db
    .select({ id: printProfileId, at: createdAt, bytes })
    .from(printProfiles)
    .where(and(profilesOfUser(owner), isAfter(request.cursor, createdAt, printProfileId)))
    .orderBy(...order)
    .limit(request.limit + 1)
  const { page, next_cursor } = cutPage(
    positions,
    request,
    position => position,
    position => position.bytes,
  )
  const ids = page.map(position => position.id)
  const rows = await ctx.db
    .select()
    .from(printProfiles)
    .where(inArray(printProfileId, ids))
    .orderBy(...order)
  return { print_profiles: rows.map(toProfileResponse), next_cursor }
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

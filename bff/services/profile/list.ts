import { and, desc, sql } from 'drizzle-orm'
import { printProfiles } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { ProfileListResponse, ProfileResponse } from '../../../schema/http/profiles.ts'
import { buildOnce } from '../../build-once.ts'
import { type Context, requireUser } from '../../context.ts'
import { cutPage, isAfter, isOneOfIds, startOf, startPlaceholders } from '../page.ts'
import { profilesOfUser } from './internal.ts'

/** A page of the user's print profiles, newest first. Reads only the rows of the page in full. */
export async function listProfiles(ctx: Context, request: PageRequest): Promise<ProfileListResponse> {
  const { userId } = requireUser(ctx)
  const positions = await positionsQuery(ctx.db).execute({ userId, ...startOf(request) })
  const { page, next_cursor } = cutPage(
    positions,
    request,
    position => position,
    position => position.bytes,
  )
  const ids = page.map(position => position.id)
  const rows = await profilesQuery(ctx.db).execute({ ids })
  return { print_profiles: rows.map(toProfileResponse), next_cursor }
}

const { printProfileId, createdAt, bytes } = printProfiles
const order = [desc(createdAt), desc(printProfileId)]

const positionsQuery = buildOnce(db =>
  db
    .select({ id: printProfileId, at: createdAt, bytes })
    .from(printProfiles)
    .where(and(profilesOfUser(sql.placeholder('userId')), isAfter(startPlaceholders, createdAt, printProfileId)))
    .orderBy(...order)
    .limit(startPlaceholders.limit)
    .prepare('page_of_profiles'),
)

const profilesQuery = buildOnce(db =>
  db
    .select()
    .from(printProfiles)
    .where(isOneOfIds(printProfileId))
    .orderBy(...order)
    .prepare('profiles'),
)

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

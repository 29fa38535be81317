import { z } from 'zod'

/** Where a page of a list ended. Opaque to clients; the time and the id of the page's last item to us. */
const cursor = z.string().regex(/^\d{1,13}\.[a-z]+_[a-z0-9]{1,40}$/, 'must be the next_cursor of an earlier answer')

/** The query of a list: `limit` items at most, after the page that answered with this cursor. */
export function pageQuery({ usual, most }: { usual: number; most: number }) {
  return z.object({ limit: z.coerce.number().int().min(1).max(most).default(usual), cursor: cursor.optional() })
}
export interface PageRequest {
  limit: number
  cursor?: string | undefined
}

/** What every list answers beside its items: the cursor of the next page, null at the end of the list. */
export const pageFields = { next_cursor: z.string().nullable().default(null) }

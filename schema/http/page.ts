import { z } from 'zod'

/** The end of a page: the time and the id of its last item. Opaque to clients. */
const cursor = z.string().regex(/^\d{1,13}\.[a-z]+_[a-z0-9]{1,40}$/, 'must be the next_cursor of an earlier answer')

/** The query of a list: at most `limit` items, from the cursor that the page before returned. */
export function pageQuery({ usual, most }: { usual: number; most: number }) {
  return z.object({ limit: z.coerce.number().int().min(1).max(most).default(usual), cursor: cursor.optional() })
}
export interface PageRequest {
  limit: number
  cursor?: string | undefined
}

/** Part of every list's answer: the cursor of the next page; null at the end of the list. */
export const pageFields = { next_cursor: z.string().nullable().default(null) }

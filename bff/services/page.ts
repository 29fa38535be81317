import { type Column, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { PageRequest } from '../../schema/http/page.ts'

/** A page of large items ends early. The size of one item is limited when it is stored. */
export const pageMaxBytes = 1024 * 1024

/** The position of an item in a list ordered by time and id, newest first; a cursor is its text. */
export interface Position {
  at: Date
  id: string
}

/** Where a page begins, as values of a query, or as placeholders of one that is built once. */
interface Start {
  startAt: string | Placeholder
  startId: string | Placeholder
  limit: number | Placeholder
}

export const startPlaceholders = {
  startAt: sql.placeholder('startAt'),
  startId: sql.placeholder('startId'),
  limit: sql.placeholder('limit'),
}

const endOfTime = '9999-12-31T00:00:00.000Z'

/** The page after the one that ended at `cursor`; the first one without a cursor. Reads one row more, to see whether another follows. */
export function startOf({ cursor, limit }: PageRequest) {
  const [time, last = ''] = cursor?.split('.') ?? []
  const startAt = time === undefined ? endOfTime : new Date(Number(time)).toISOString()
  return { startAt, startId: last, limit: limit + 1 }
}

/** The condition for the rows of a page. */
export function isAfter({ startAt, startId }: Start, at: Column | SQL.Aliased, id: Column | SQL.Aliased): SQL {
  return sql`(${at}, ${id}) < (${startAt}::timestamptz, ${startId})`
}

/** The condition for the rows of a page whose ids are read already: a placeholder, `ids`. */
export function isOneOfIds(id: Column): SQL {
  return sql`${id} = ANY(${sql.placeholder('ids')})`
}

/**
 * Returns the first page of rows in the list's order: as many as fit into `limit` and pageMaxBytes, at least one. Select one row
 * more than `limit`, to find out whether another page follows.
 */
export function cutPage<Row>(
  rows: readonly Row[],
  { limit }: PageRequest,
  positionOf: (row: Row) => Position,
  bytesOf: (row: Row) => number = row => Buffer.byteLength(JSON.stringify(row)),
): { page: Row[]; next_cursor: string | null } {
  let bytes = 0
  const isOver = (row: Row, index: number) => {
    bytes += bytesOf(row)
    return index >= limit || (index > 0 && bytes > pageMaxBytes)
  }
  const end = rows.findIndex(isOver)
  const page = end < 0 ? [...rows] : rows.slice(0, end)
  const last = page.at(-1)
  return { page, next_cursor: end < 0 || last === undefined ? null : toCursor(positionOf(last)) }
}

function toCursor({ at, id }: Position): string {
  return `${at.getTime()}.${id}`
}

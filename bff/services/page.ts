import { type Column, type SQL, sql } from 'drizzle-orm'
import type { PageRequest } from '../../schema/http/page.ts'

/** A page of large items ends early. The size of one item is limited when it is stored. */
export const pageMaxBytes = 1024 * 1024

/** The position of an item in a list ordered by time and id, newest first; a cursor is its text. */
export interface Position {
  at: Date
  id: string
}

/** The condition for rows after the page that ended at `cursor`; undefined without a cursor. */
export function isAfter(
  cursor: string | undefined,
  at: Column | SQL.Aliased,
  id: Column | SQL.Aliased,
): SQL | undefined {
  if (cursor === undefined) return undefined
  const [time, last] = cursor.split('.')
  return sql`(${at}, ${id}) < (${new Date(Number(time)).toISOString()}::timestamptz, ${last})`
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

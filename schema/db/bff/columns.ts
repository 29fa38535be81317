/** Column types that the marketplace's tables share. */
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** An amount of money in the currency's smallest unit: tinybar, or units of the PRINT token. */
export const units = (name: string) => bigint(name, { mode: 'bigint' })

/** A time, as a Date; `timestamptz` in the database. */
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

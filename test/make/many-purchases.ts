import type { TestContext } from './market.ts'
import type { Prepared } from './prepared.ts'

/** One statement's rows: the marketplace's connections limit a statement's time. */
const most = 20_000
/** Users, each with a printer, that have the other half of the purchases. */
const others = 1000

/**
 * Copies a purchase with its preparation and a print job that has ended, until the table has `to` purchases: every second one is the same
 * user's and printer's. Copies are a second apart.
 */
export async function makePurchases({ sql }: TestContext, own: Prepared, from: number, to: number): Promise<void> {
  await sql`INSERT INTO users (user_id, email, password_hash, role, created_at)
    SELECT 'user_' || lpad(n::text, 26, '0'), n || '@example.com', 'none', 'enthusiast', now()
    FROM generate_series(0, ${others}::int) n ON CONFLICT DO NOTHING`
  await sql`INSERT INTO printers SELECT copy.* FROM printers p, generate_series(0, ${others}::int) n,
      LATERAL jsonb_populate_record(p, jsonb_build_object('printer_id', 'printer_' || lpad(n::text, 26, '0'),
        'user_id', 'user_' || lpad(n::text, 26, '0'))) copy
    WHERE p.printer_id = ${own.printerId} ON CONFLICT DO NOTHING`
  for (let at = from; at < to; at += most) await copy(sql, own, at, Math.min(to, at + most))
  await sql`ANALYZE`
}

async function copy(sql: TestContext['sql'], own: Prepared, from: number, to: number): Promise<void> {
  const id = (kind: string) => sql`${kind} || lpad(n::text, 26, '0')`
  const orOther = (ownId: string, kind: string) =>
    sql`CASE WHEN n % 2 = 0 THEN ${ownId} ELSE ${kind} || lpad((n % ${others})::text, 26, '0') END`
  const user = orOther(own.userId, 'user_')
  const printer = orOther(own.printerId, 'printer_')
  const at = sql`now() - make_interval(secs => n)`
  const steps = sql`generate_series(${from + 1}::int, ${to}::int) n`
  await sql`INSERT INTO purchases SELECT copy.* FROM purchases p, ${steps}, LATERAL jsonb_populate_record(p,
      jsonb_build_object('purchase_id', ${id('purch_')}, 'user_id', ${user}, 'created_at', ${at}, 'prints_used', 1)) copy
    WHERE p.purchase_id = ${own.purchaseId}`
  await sql`INSERT INTO preparations SELECT copy.* FROM preparations p, ${steps}, LATERAL jsonb_populate_record(p,
      jsonb_build_object('preparation_id', ${id('prep_')}, 'purchase_id', ${id('purch_')}, 'printer_id', ${printer},
        'status', 'expired', 'created_at', ${at}, 'updated_at', ${at})) copy
    WHERE p.preparation_id = ${own.preparationId}`
  await sql`INSERT INTO print_jobs (print_job_id, purchase_id, preparation_id, printer_id, user_id, status, outcome, created_at, ended_at)
    SELECT ${id('job_')}, ${id('purch_')}, ${id('prep_')}, ${printer}, ${user}, 'success', 'success', ${at}, ${at} FROM ${steps}`
}

/**
 * What a request costs at least: Hono routes that send the same SELECTs. / is the poll's and answers 204; the others answer what they
 * have found. Arguments: the folder of the database's socket, its name and user, a printer's id, and the other calls as JSON
 * (calls.ts). Writes its address to stdout.
 */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import postgres from 'postgres'
import type { Call } from './calls.ts'

const [host, database, user, printerId, calls] = process.argv.slice(2) as [string, string, string, string, string]
const sql = postgres({ host, database, user, max: 10 })

const app = new Hono()
app.get('/', async c => {
  const rows = await sql`
    SELECT printers.printer_id, printers.status, printers.token_version, printers.last_seen_at,
      print_jobs.print_job_id, print_jobs.printer_id, print_jobs.status FROM printers
    LEFT JOIN print_jobs ON print_jobs.printer_id = printers.printer_id AND print_jobs.status IN ('queued', 'claimed', 'printing')
      AND (print_jobs.status IN ('claimed', 'printing') OR
        (SELECT gcode_ttl_expiry FROM preparations WHERE preparations.preparation_id = print_jobs.preparation_id) > ${new Date()})
    WHERE printers.printer_id = ${printerId}
    ORDER BY print_jobs.status = 'queued', coalesce(print_jobs.queued_at, print_jobs.created_at) LIMIT 1`
  return rows.length === 1 ? c.body(null, 204) : c.body(null, 500)
})
for (const { path, statements } of JSON.parse(calls) as Call[]) {
  app.get(`/${path}`, async c => {
    const found: unknown[] = []
    for (const { text, params } of statements) {
      found.push(await sql.unsafe(text, params as postgres.ParameterOrJSON<never>[], { prepare: true }))
    }
    return c.json(found)
  })
}
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`http://127.0.0.1:${port}`))

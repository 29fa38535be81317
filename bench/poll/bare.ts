/**
 * What a poll costs at least: one Hono route that sends the poll's SELECT and answers 204. Arguments: the folder of the database's
 * socket, its name and user, and a printer's id. Writes its address to stdout.
 */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import postgres from 'postgres'

const [host, database, user, printerId] = process.argv.slice(2) as [string, string, string, string]
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
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`http://127.0.0.1:${port}`))

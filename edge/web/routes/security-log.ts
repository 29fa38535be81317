import type { Hono } from 'hono'
import type { WebEnv } from '../env.ts'
import type { WebParts } from '../parts.ts'
import { callMethod } from './call.ts'

/** api/security-log: the whole log as a file, a line of JSON for each entry, the newest first. */
export function securityLogRoute(app: Hono<WebEnv>, parts: WebParts): void {
  app.get('/api/security-log', async c => {
    // The method refuses everybody but the owner. Its answer is a part of the log; the file has all.
    await callMethod(parts, c, 'security_log', { limit: 1 })
    const entries = await c.get('edge').page.securityLog.list({ limit: Number.POSITIVE_INFINITY })
    const headers = {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="lmnt-security-log.ndjson"',
    }
    return c.body(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''), 200, headers)
  })
}

import type { Hono } from 'hono'
import type { SecurityLogEntry } from '../../../schema/page/answers.ts'
import type { WebEnv } from '../env.ts'
import type { WebParts } from '../parts.ts'
import { callMethod } from './call.ts'

const most = 500

/** api/security-log: the whole log as a file, a line of JSON for each entry, the newest first. */
export function securityLogRoute(app: Hono<WebEnv>, parts: WebParts): void {
  app.get('/api/security-log', async c => {
    const lines: string[] = []
    let before: number | undefined
    do {
      const answer = await callMethod(
        parts,
        c,
        'security_log',
        before === undefined ? { limit: most } : { limit: most, before },
      )
      const { entries, before: next } = answer as { entries: SecurityLogEntry[]; before: number | null }
      lines.push(...entries.map(entry => JSON.stringify(entry)))
      before = next ?? undefined
    } while (before !== undefined)
    const headers = {
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="lmnt-security-log.ndjson"',
    }
    return c.body(`${lines.join('\n')}\n`, 200, headers)
  })
}

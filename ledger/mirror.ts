import type { z } from 'zod'
import { AppError } from '../schema/http/errors.ts'

export interface Mirror {
  /** GETs a path under /api/v1. Null for a 404. Errors: ledger_unavailable for any other failure. */
  get: <T extends z.ZodType>(path: string, answer: T) => Promise<z.infer<T> | null>
}

// A page of 100 messages of 1024 bytes in base64 is under 300 KiB.
const maxBytes = 2 * 1024 * 1024

/** A client for the mirror's REST API. `timeoutMs` limits each request. */
export function mirrorClient(mirrorUrl: string, timeoutMs: number): Mirror {
  const base = `${mirrorUrl.replace(/\/$/, '')}/api/v1`
  return {
    get: async (path, answer) => {
      try {
        const response = await fetch(base + path, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
        const text = await readBounded(response)
        if (response.status === 404) return null
        if (!response.ok) throw new Error(`the mirror answered ${response.status}: ${text.slice(0, 200)}`)
        return answer.parse(JSON.parse(text))
      } catch (error) {
        throw new AppError('ledger_unavailable', 'The ledger does not answer. Try again later.', {
          cause: error,
        })
      }
    },
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the mirror's answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { writeDurably } from '../durable.ts'
import { subscriptionSchema } from './subscription.ts'

export const topicSchema = z.object({ name: z.string(), labels: z.record(z.string(), z.string()) })

export const messageSchema = z.object({
  id: z.string(),
  /** base64 */
  data: z.string(),
  attributes: z.record(z.string(), z.string()),
  /** Milliseconds since the epoch. */
  publishTime: z.number(),
})

const entrySchema = z.discriminatedUnion('op', [
  /** Message ids are never reused, even when no message is left. */
  z.object({ op: z.literal('next'), id: z.number() }),
  z.object({ op: z.literal('topic'), topic: topicSchema }),
  /** A new or changed subscription. */
  z.object({ op: z.literal('subscription'), subscription: subscriptionSchema }),
  z.object({ op: z.literal('unsubscribe'), name: z.string() }),
  /** A message, and the subscriptions that it waits in. */
  z.object({ op: z.literal('publish'), message: messageSchema, to: z.array(z.string()) }),
  z.object({ op: z.literal('ack'), subscription: z.string(), ids: z.array(z.string()) }),
  /** Failed deliveries of a message, counted under a dead letter policy only. */
  z.object({ op: z.literal('failed'), subscription: z.string(), id: z.string(), counted: z.number() }),
])

export type Topic = z.infer<typeof topicSchema>
export type Message = z.infer<typeof messageSchema>
export type Entry = z.infer<typeof entrySchema>

export interface Journal {
  /** Settles when the entry, and all before it, are on the disk. */
  append: (...entries: Entry[]) => Promise<void>
  close: () => Promise<void>
}

/** Reads a journal. A last line that a crash cut was never confirmed, and is left out. */
export function readJournal(path: string): Entry[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  // A complete file ends with a newline; text after the last newline is a torn record.
  lines.pop()
  return lines.map((line, at) => {
    try {
      return entrySchema.parse(JSON.parse(line))
    } catch (error) {
      throw new Error(`${path} is damaged in line ${at + 1}: remove it to start without its messages.`, {
        cause: error,
      })
    }
  })
}

/**
 * Rewrites a journal with the entries that still matter, and opens it for appending. Entries that come while the disk is busy
 * are written together: one fsync for all of them. After a failed write all later ones fail, too.
 */
export async function openJournal(path: string, entries: Entry[]): Promise<Journal> {
  writeDurably(path, toText(entries))
  const file = await open(path, 'a')
  let queued: Entry[] = []
  let writing = Promise.resolve()
  let next: Promise<void> | undefined

  async function write(): Promise<void> {
    const batch = queued
    queued = []
    next = undefined
    await file.appendFile(toText(batch))
    await file.datasync()
  }

  return {
    append(...added) {
      queued.push(...added)
      if (!next) {
        next = writing.then(write)
        writing = next
      }
      return next
    },
    async close() {
      await writing.catch(() => {})
      await file.close()
    },
  }
}

function toText(entries: Entry[]): string {
  return entries.map(entry => `${JSON.stringify(entry)}\n`).join('')
}

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../durable.ts'
import { StorageError } from './errors.ts'
import { insertFields, preconditionsSchema, type StoredObject, storedObject } from './object.ts'
import type { ObjectStore } from './store.ts'

const sessionSchema = z.object({
  id: z.string(),
  /** The account that began the session; no other may use it. */
  email: z.string(),
  bucket: z.string(),
  name: z.string(),
  fields: insertFields,
  preconditions: preconditionsSchema,
  begun: z.number(),
  /** The object that the session became; a finished session answers it again. */
  result: storedObject.optional(),
})

export type Session = z.infer<typeof sessionSchema>

export interface Sessions {
  begin: (session: Omit<Session, 'id' | 'begun' | 'result'>) => Session
  /** Runs work on a session after the work before it; 404 when there is no such session, 403 when it is another's. */
  inTurn: <T>(id: string, email: string, work: (session: Session) => Promise<T>) => Promise<T>
  finish: (session: Session, result: StoredObject) => void
  cancel: (session: Session) => void
  bodyPath: (session: Session) => string
  /** Bytes of the body received so far. */
  received: (session: Session) => number
}

const lifetimeMs = 7 * 24 * 3600 * 1000

/**
 * Resumable uploads as files beside their bodies, so that a session outlives us. Starting removes the sessions that
 * are over a week old, and the bodies of uploads that had none.
 */
export function openSessions(store: ObjectStore, clock: () => Date): Sessions {
  const folder = dirname(store.draftPath())
  const turns = new Map<string, Promise<unknown>>()
  const path = (id: string) => join(folder, `${id}.json`)
  const read = (id: string) => sessionSchema.parse(JSON.parse(readFileSync(path(id), 'utf8')))
  const write = (session: Session) => writeDurably(path(session.id), JSON.stringify(session))
  const get = (id: string, email: string) => {
    if (!/^[\w-]{32}$/.test(id) || !existsSync(path(id))) throw new StorageError(404, 'notFound', 'Not Found')
    const session = read(id)
    if (session.email !== email) throw new StorageError(403, 'forbidden', 'The upload is of another account.')
    return session
  }
  const remove = (id: string) => {
    rmSync(path(id), { force: true })
    rmSync(store.draftPath(id), { force: true })
  }

  for (const file of readdirSync(folder)) {
    const id = file.split('.')[0]!
    if (!existsSync(path(id)) || read(id).begun < clock().getTime() - lifetimeMs) remove(id)
  }

  return {
    begin(fields) {
      const session = { ...fields, id: randomBytes(24).toString('base64url'), begun: clock().getTime() }
      write(session)
      return session
    },
    finish: (session, result) => write({ ...session, result }),
    cancel: session => remove(session.id),
    bodyPath: session => store.draftPath(session.id),
    received: session => statSync(store.draftPath(session.id), { throwIfNoEntry: false })?.size ?? 0,

    async inTurn(id, email, work) {
      const before = turns.get(id) ?? Promise.resolve()
      const start = () => work(get(id, email))
      const mine = before.then(start, start)
      turns.set(id, mine)
      try {
        return await mine
      } finally {
        if (turns.get(id) === mine) turns.delete(id)
      }
    },
  }
}

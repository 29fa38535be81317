import { createHash } from 'node:crypto'

export interface Project {
  id: string
  /** Google's own name of a project: here made from its id, always the same. */
  number: string
}

export function projectOf(id: string): Project {
  const digest = createHash('sha256').update(id).digest()
  return { id, number: String(100_000_000_000 + (digest.readUIntBE(0, 6) % 900_000_000_000)) }
}

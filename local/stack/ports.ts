import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** The two that people type have numbers that stay; the others are any that is free. */
const preferred = {
  bff: 4100,
  printer: 7125, // Moonraker's own
  cws: 0,
  slicer: 0,
  storage: 0,
  pubsub: 0,
  certs: 0,
  bffIdentity: 0,
  cwsIdentity: 0,
  slicerIdentity: 0,
  hedera: 0,
  mirror: 0,
}
export type Ports = Record<keyof typeof preferred, number>

/**
 * Chooses a port for each service: the one of the last start, so that addresses stay, else the preferred one, else any that is
 * free. `say` is told of a change that a person would notice.
 */
export async function choosePorts(folders: Folders, say: (text: string) => void): Promise<Ports> {
  const file = join(folders.data, 'ports.json')
  const last: Partial<Ports> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const ports: Ports = { ...preferred }
  const taken = new Set<number>()
  for (const name of Object.keys(preferred) as (keyof Ports)[]) {
    const wanted = preferred[name] || last[name] || 0
    ports[name] = await freePort(wanted, taken)
    taken.add(ports[name])
    if (preferred[name] && ports[name] !== preferred[name]) {
      say(`Port ${preferred[name]} is taken by another program: the ${name} uses ${ports[name]}.`)
    }
  }
  writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}

async function freePort(wanted: number, taken: Set<number>): Promise<number> {
  const port = taken.has(wanted) ? null : await tryPort(wanted)
  return port !== null && !taken.has(port) ? port : freePort(0, taken)
}

/** The port if it can be listened on, null if it is taken. 0 gives any free one. */
function tryPort(port: number): Promise<number | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null))
    })
  })
}

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
  operatorIdentity: 0,
  hedera: 0,
  mirror: 0,
}
export type Ports = Record<keyof typeof preferred, number> & { [further: string]: number }

/**
 * Chooses a port for each service: the one of the last start, so that addresses stay, else the preferred one, else any that is
 * free. A change that a person would notice is passed to `say`. `further` are services that `npm start` does not have. With
 * `from` they are the first free ones from that number on: stacks that start at the same moment do not take each other's.
 */
export async function choosePorts(
  folders: Folders,
  say: (text: string) => void,
  { further = [], from = 0 }: { further?: string[]; from?: number } = {},
): Promise<Ports> {
  const file = join(folders.data, 'ports.json')
  const last: Partial<Ports> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const ports: Ports = { ...preferred }
  const taken = new Set<number>()
  for (const name of new Set([...Object.keys(preferred), ...further])) {
    const typed = from ? 0 : (preferred[name as keyof typeof preferred] ?? 0)
    const wanted = typed || last[name] || 0
    ports[name] = await freePort(wanted, taken, from)
    taken.add(ports[name])
    if (typed && ports[name] !== typed) {
      say(`Port ${typed} is taken by another program: the ${name} uses ${ports[name]}.`)
    }
  }
  writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}

async function freePort(wanted: number, taken: Set<number>, from: number): Promise<number> {
  if (wanted && !taken.has(wanted) && (await tryPort(wanted))) return wanted
  for (let port = from; ; port += from ? 1 : 0) {
    const found = await tryPort(port)
    if (found !== null && !taken.has(found)) return found
  }
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

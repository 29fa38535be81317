import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Folders } from './folders.ts'

/** Preferred ports of the addresses that people type. The other services use any free port. */
const preferred = {
  bff: 4100,
  printer: 7125, // Moonraker's own
  page: 7180,
  pageHttps: 7183,
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
 * Chooses a port for each service: that of the last start, so that addresses stay the same, else the preferred one, else any
 * free one. Passes a change of an address that people type to `say`. `further` names services that `npm start` does not have.
 * With `from`, takes the first free ports from that number on, so that stacks started at the same moment do not collide.
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
      say(`Port ${typed} is used by another program. The ${name} uses ${ports[name]} instead.`)
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

/** Returns the port if it is free, else null. For 0, returns any free port. */
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

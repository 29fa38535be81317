import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { sealBinary } from '../../schema/gcode/fernet.ts'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import { end } from '../process/end.ts'
import { memoryMb } from '../report/memory.ts'

/** The peak of a process that downloads this G-code as one Fernet token, opens it and splits it into lines. */
export async function peakOfWholeFile(gcode: MadeGcode): Promise<number | string> {
  const key = randomBytes(32)
  // Not in base64, whose string would be too long for V8.
  const token = sealBinary(key, Buffer.from(gcode.text, 'latin1'))
  const server = createServer((_request, response) => response.end(token)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = [join(import.meta.dirname, 'whole-file.mjs'), url, key.toString('base64')]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    const answer = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    if (child.exitCode !== null || child.signalCode !== null) return 'out of memory'
    if (Number(answer[0]) !== gcode.lines) throw new Error(`The token has ${answer[0]} lines, not ${gcode.lines}.`)
    return Math.round(memoryMb(child.pid, 'VmHWM'))
  } finally {
    await end(child)
    server.close()
    server.closeAllConnections()
  }
}

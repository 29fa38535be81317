import { spawn } from 'node:child_process'
import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import { end } from '../edge/start.ts'
import { memoryMb } from '../report/memory.ts'

/** The peak of a process that downloads this G-code as one Fernet token, opens it and splits it into lines. */
export async function peakOfWholeFile(gcode: MadeGcode): Promise<number | string> {
  const key = randomBytes(32)
  const token = fernetToken(Buffer.from(gcode.text, 'latin1'), key)
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

/** As in the Fernet specification: version, time, IV, AES-128-CBC, HMAC; but not in base64, whose string would be too long for V8. */
function fernetToken(bytes: Buffer, key: Buffer): Buffer {
  const head = Buffer.alloc(25, 0x80)
  head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1)
  randomBytes(16).copy(head, 9)
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), head.subarray(9))
  const parts = [head, cipher.update(bytes), cipher.final()]
  const mac = createHmac('sha256', key.subarray(0, 16))
  for (const part of parts) mac.update(part)
  return Buffer.concat([...parts, mac.digest()])
}

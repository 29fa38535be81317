import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolders } from '../../local/stack/folders.ts'
import { choosePorts } from '../../local/stack/ports.ts'
import { portsOfProcess } from '../make/ports.ts'

const test = suite('the ports of a stack')
const root = mkdtempSync(join(tmpdir(), 'lmnt-ports-'))
test.after(() => rmSync(root, { recursive: true }))

test('are a block of its own, free, and the same at the next start', async () => {
  const folders = makeFolders(root)
  const from = portsOfProcess()
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(from, '127.0.0.1', resolve))
  const ports = await choosePorts(folders, () => {}, { further: ['bff-2'], from })
  const numbers = Object.values(ports)
  assert.is(new Set(numbers).size, numbers.length)
  assert.ok(
    numbers.every(port => port > from && port < from + 50),
    numbers.join(' '),
  )
  await new Promise(resolve => taken.close(resolve))
  assert.equal(await choosePorts(folders, () => {}, { further: ['bff-2'], from }), ports)
})

test.run()

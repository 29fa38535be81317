import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'

const test = suite('core dumps')

test('our processes write no core dump, even when their parent allows it', async () => {
  if (process.platform !== 'linux') return
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-core-'))
  const config = { dataDir, genesis: { accountId: '0.0.2', publicKey: 'ab'.repeat(32) } }
  const script = 'ulimit -c unlimited 2>/dev/null; ulimit -c; exec "$0" dist/local-hedera.js'
  const child = spawn('bash', ['-c', script, process.execPath], {
    env: { PATH: process.env.PATH ?? '', LMNT_HEDERA_CONFIG: JSON.stringify(config) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', chunk => {
    said += chunk
  })
  try {
    await eventually('the process is ready', () => said.includes('ready '))
    assert.match(said, /^unlimited\n/, 'its parent allowed core dumps')
    assert.match(readFileSync(`/proc/${child.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
    rmSync(dataDir, { recursive: true })
  }
})

test.run()

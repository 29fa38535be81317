import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { methods } from '../../edge/agent/method-table.ts'
import { user } from '../make/edge/fake-marketplace.ts'
import { printerSuite } from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite('the developer guide', {}, { isRegistered: false, autoStart: false })
const guide = readFileSync('docs/developer-guide.md', 'utf8')

test('its calls of a printer work as they are pasted', async ({ host, market }) => {
  const [, commands = ''] = /```bash\n([\s\S]*?)```/.exec(guide) ?? []
  const shell = spawn('bash', ['-eo', 'pipefail', '-c', commands], {
    env: { PATH: process.env.PATH, MOONRAKER: host.printer.url, EMAIL: user.email, PASSWORD: user.password },
    timeout: 60_000,
  })
  let [said, complaints] = ['', '']
  shell.stdout.on('data', chunk => (said += chunk))
  shell.stderr.on('data', chunk => (complaints += chunk))
  const [status] = await once(shell, 'close')
  assert.is(status, 0, said + complaints)
  const answers = said
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const [first, registered, purchases, queue, config, refused, loggedOut] = answers
  assert.is(answers.length, 7, said)
  assert.is(first.result.registered, false)
  assert.is(registered.result.status, 'registered')
  assert.ok(Array.isArray(purchases.result.purchases), said)
  assert.is(queue.result.job, null)
  assert.is(config.result.marketplace_url, market.url)
  assert.type(refused.error.message, 'string')
  assert.ok(loggedOut.result, said)
})

test('its table has every method, and says which ones change something', async () => {
  const rows = [...guide.matchAll(/^\| ([a-z_, ]+) \| (.*) \|$/gm)]
  const listed = rows.flatMap(([, names = '', need = '']) => names.split(', ').map(name => ({ name, need })))
  const known = listed.filter(({ name }) => Object.hasOwn(methods, name))
  assert.equal(known.map(({ name }) => name).sort(), Object.keys(methods).sort())
  for (const { name, need } of known) {
    assert.is(/confirm/.test(need), methods[name]?.changes, name)
    const isForAnyone = ['anyone', 'token if any', 'log-in'].includes(methods[name]?.page ?? '') || name === 'status'
    assert.is(/`token`/.test(need), !isForAnyone && name !== 'login_user', name)
  }
})

run()

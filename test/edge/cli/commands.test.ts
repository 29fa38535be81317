import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../../../edge/cli/commands.ts'
import { findConfig } from '../../../edge/cli/find-config.ts'
import { edgeCfg } from '../../../local/stack/edge-config.ts'
import { user } from '../../make/edge/fake-marketplace.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'

const test = suite('the commands of lmnt-edge')
let fixture: EdgeFixture
let cfg: string

test.before(async () => {
  fixture = await makeEdgeFixture({ isRegistered: false })
  const { dataDir, moonrakerUrl, streamSocket } = fixture.config
  const printers = [{ name: basename(dataDir), moonrakerUrl, streamSocket, autoStart: false }]
  cfg = join(fixture.dir, 'lmnt-edge.cfg')
  writeFileSync(cfg, edgeCfg({ marketplaceUrl: fixture.market.url, dataPath: dirname(dataDir), printers }))
})
test.after(() => fixture.close())

/** Runs a command on a terminal at which a person types this. */
async function run(args: string[], typed = '') {
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => void modes.push(isRaw),
  })
  const modes: boolean[] = []
  const output = new PassThrough()
  input.end(typed)
  try {
    const status = await runCommand(args, cfg, { input: input as never, output })
    return { status, output: await text(output.end()), modes }
  } catch (error) {
    return { status: null, output: (await text(output.end())) + (error as Error).message, modes }
  }
}

test('register asks for email and password, does not show the password, and status then says who is registered', async () => {
  assert.match((await run(['status'])).output, /printer +edge, not registered/)
  const { status, output, modes } = await run(['register', '--name', 'Voron'], `${user.email}\r${user.password}\r`)
  assert.is(status, 0)
  assert.match(output, /^Email at the marketplace: Password: \n"Voron" is registered as printer_\w+\.\n$/)
  assert.not.match(output, user.password)
  assert.equal(modes, [true, false])
  assert.equal([...fixture.market.accounts.refreshTokens.keys()], [])
  const { output: lines } = await run(['status'])
  assert.match(lines, /registered as "Voron"/)
  assert.match(lines, /moonraker +connected, Klipper is ready/)
  const { confirm, registered } = JSON.parse((await run(['status', '--json'])).output)
  assert.equal([confirm, registered], [undefined, true])
})

test('a wrong password is told, and a person may give up', async () => {
  assert.match((await run(['register'], `${user.email}\nsomething else\n`)).output, 'password')
  assert.match((await run(['register'], `${user.email}\n\u0003`)).output, 'Nothing was entered.')
  assert.match((await run(['register', '--token-stdin'], '')).output, 'Nothing was entered.')
})

test('a token on standard input registers, too, and unregister ends it', async () => {
  const { output } = await run(['register', '--token-stdin', '--name', 'Ender'], `${user.token}\n`)
  assert.match(output, '"Ender" is registered as printer_')
  assert.match((await run(['unregister'])).output, '"Ender" (printer_')
  assert.match((await run(['status'])).output, 'not registered')
})

test('the doctor finds what is wrong at this host, as text and as JSON', async () => {
  const { status, output } = await run(['doctor', '--json'])
  const { healthy, findings } = JSON.parse(output) as { healthy: boolean; findings: { check: string; level: string }[] }
  const levels = Object.fromEntries(findings.map(({ check, level }) => [check, level]))
  assert.equal([levels.edge, levels.agent, levels.data, levels.marketplace], Array(4).fill('ok'))
  assert.is(levels.registration, 'warning')
  assert.is(status, healthy ? 0 : 1)
  assert.is((await run(['doctor'])).output.trim().split('\n').length, findings.length)
  await fixture.stopEdge()
  const stopped = await run(['doctor'])
  assert.is(stopped.status, 1)
  assert.match(stopped.output, /PROBLEM {2}The LMNT service does not answer for printer "edge"/)
  assert.match((await run(['status'])).output, 'is it running')
  await fixture.startEdge()
})

test('a command that does not exist, or a wrong option, says which there are', async () => {
  for (const args of [['repair'], ['status', 'edge', 'more'], ['status', '--verbose'], ['constructor']]) {
    const { status, output } = await run(args)
    assert.is(status, null)
    assert.match(output, /usage: lmnt-edge COMMAND/)
  }
  assert.match((await run(['--help'])).output, 'doctor')
  assert.match((await run(['status', 'other'])).output, 'has no printer "other"')
  assert.match((await run(['register', 'other'])).output, 'Name one of the printers')
})

test('without a name the configuration is that of the installed service, else the default', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-unit-'))
  const unit = join(dir, 'lmnt-edge.service')
  assert.is(findConfig(undefined, '/home/pi', unit), '/home/pi/printer_data/config/lmnt-edge.cfg')
  writeFileSync(unit, '[Service]\nEnvironment="EDGE_CONFIG=/home/j ü/100%% data/lmnt-edge.cfg"\n')
  assert.is(findConfig(undefined, '/home/pi', unit), '/home/j ü/100% data/lmnt-edge.cfg')
  assert.is(findConfig('/other.cfg', '/home/pi', unit), '/other.cfg')
  rmSync(dir, { recursive: true })
})

test.run()

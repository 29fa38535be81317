import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { connectMoonraker } from '../../edge/moonraker/connection.ts'
import { silentLog } from '../../runtime/log.ts'
import { user } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import {
  printerSuite,
  readyFile,
  reported,
  shortMoves,
  untilAgent,
  untilNoAgent,
  untilReady,
} from '../make/printer-real/set-up.ts'

/** A macro that calls the edge with what it is given itself. */
const macro = (name: string, method: string, args = '') => [
  `[gcode_macro ${name}]`,
  'gcode:',
  `  {action_call_remote_method("lmnt_marketplace/${method}"${args})}`,
]
const macros = [
  ...macro('LMNT_START', 'start_job'),
  ...macro('LMNT_CANCEL', 'cancel_job', ', print_job_id=params.JOB'),
  ...macro('LMNT_STATUS', 'status'),
  ...macro('LMNT_LOGIN', 'login_user', ', email=params.EMAIL, password=params.PASSWORD'),
  ...macro('LMNT_REGISTER', 'register_printer', ', name="Voron", token=params.TOKEN'),
]

const { test, fixture, run } = printerSuite(
  "macros, and the edge's absence, in real Moonraker",
  { macros, componentOptions: ['answer_timeout: 1', 'warn_after: 1'], isMoonrakerVerbose: true },
  { isRegistered: false },
)

/** Runs the macro until the console says this: the edge's methods are registered a moment after it is an agent. */
async function says(script: string, words: string): Promise<string> {
  const { host } = fixture()
  host.client.console.length = 0
  let asked = 0
  return eventually(`${script.split(' ')[0]} makes the console say ${words}`, async () => {
    const line = host.client.console.find(one => one.includes(words))
    if (line === undefined && asked++ % 50 === 0) await host.client.call('printer.gcode.script', { script })
    return line
  })
}

test(
  'macros start and cancel a print, and show its status',
  async ({ host, testEdge, market }) => {
    await says('LMNT_START', 'LMNT: start_job: There is no such job at this printer.')
    const job = await market.add(shortMoves(200))
    await readyFile(host)
    await says('LMNT_STATUS', 'LMNT: Registered as Voron. The current print job is ready.')
    await says('LMNT_START', 'LMNT: The print is starting.')
    assert.is((await reported(testEdge, job)).status, 'success')

    const second = await market.add(shortMoves(200))
    await eventually('another job is here', async () => {
      const { job: current } = (await host.client.agent('status')) as { job: { print_job_id: string } | null }
      return current?.print_job_id === second.claim.print_job_id
    })
    await says('LMNT_CANCEL JOB=nonsense', 'LMNT: cancel_job: print_job_id')
    await says(`LMNT_CANCEL JOB=${second.claim.print_job_id}`, 'LMNT: The print is cancelled.')
    assert.is((await reported(testEdge, second)).stats?.reason, 'cancelled')
  },
  { isRegistered: true, autoStart: false },
)

test('a macro reaches the edge also after Klippy was restarted', async ({ host }) => {
  await says('LMNT_STATUS', 'Not registered')
  await host.client.call('printer.firmware_restart')
  await eventually('Klippy goes', async () => {
    const info = await host.client.call('printer.info').catch(() => null)
    return (info as { state?: string } | null)?.state !== 'ready'
  })
  await untilReady(host)
  await says('LMNT_STATUS', 'Not registered')
})

test('a password or a token in a macro is refused, and the console says where to log in', async ({ host, market }) => {
  const login = `LMNT_LOGIN EMAIL=${user.email} PASSWORD="${user.password}"`
  const line = await says(login, 'login_user does not take passwords or tokens from a macro')
  assert.ok(line.startsWith('!! LMNT: '), 'as an error')
  assert.match(line, 'POST /machine/lmnt_marketplace/login_user')
  assert.match(line, 'change it')
  assert.is(market.accounts.tokens.size, 0, 'nobody is logged in')
  const { token } = await host.client.agent('login_user', { email: user.email, password: user.password })
  await says(`LMNT_REGISTER TOKEN=${token}`, 'register_printer does not take passwords or tokens from a macro')
  assert.is(market.accounts.printers.length, 0)
  // In an address they have no business, either; and Moonraker logs each request here, as with its option -v.
  await http(`purchases?token=${token}`)
  await http('login_user', { email: user.email, password: `${user.password}\\" wrong` })
  const said = host.client.console.join('\n')
  for (const log of [host.printer.moonrakerLog, host.printer.klippyLog]) {
    const text = readFileSync(log, 'utf8')
    assert.ok(log === host.printer.klippyLog || text.includes('<sanitized>'))
    for (const secret of [user.password, user.token]) {
      assert.not.ok(text.includes(secret), `${log} has no ${secret}`)
      assert.not.ok(said.includes(secret), 'the edge repeats nothing of it')
    }
  }
})

async function http(method: string, args: object = {}): Promise<{ status: number; message: string }> {
  const answer = await fetch(`${fixture().host.printer.url}/machine/lmnt_marketplace/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(args),
  })
  const { error } = (await answer.json()) as { error?: { message: string } }
  return { status: answer.status, message: error?.message ?? '' }
}

async function isWarned(): Promise<boolean> {
  const { warnings } = (await fixture().host.client.call('server.info')) as { warnings: string[] }
  return warnings.some(text => text.includes('The LMNT service is not connected'))
}

test('while the edge is not connected a warning is shown, until it is back', async ({ testEdge }) => {
  await testEdge.stopEdge()
  await eventually('the warning', isWarned)
  assert.is((await http('queue')).status, 503)
  await testEdge.startEdge()
  await eventually('no warning', async () => !(await isWarned()))
  await testEdge.stopEdge()
  await eventually('the warning again', isWarned)
})

test('an edge that does not answer is a 504, and a later answer gets through', async ({ host, testEdge }) => {
  await testEdge.stopEdge()
  await untilNoAgent(host)
  let answerLate = () => {}
  const late = connectMoonraker({
    url: host.printer.websocketUrl,
    homeUrl: 'http://late',
    onRequest: async method => {
      if (method === 'queue') await new Promise<void>(resolve => (answerLate = resolve))
      return { status: 'here' }
    },
    remoteMethods: [],
    onRemoteCall: () => {},
    jitter: Math.random,
    log: silentLog,
    timing: { answerMs: 60_000 },
  })
  try {
    await untilAgent(host)
    const { status, message } = await http('queue')
    assert.equal([status, message], [504, 'The LMNT service did not answer in time. Try again.'])
    await eventually('the next answer', async () => (await http('config')).status === 200)
  } finally {
    answerLate() // or its time limit would keep this process
    late.close()
  }
})

run()

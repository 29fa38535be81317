import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { closeDialog, dialogOf, noDialog, press, questionShown } from '../make/edge/dialog.ts'
import { gcodeOf } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import {
  latestHistory,
  printerSuite,
  readyFile,
  reported,
  shortMoves,
  untilReady,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, fixture, run } = printerSuite(
  'consent and dialogs on real Klipper, behind real Moonraker',
  {},
  { autoStart: false },
)

function gcode(script: string): Promise<unknown> {
  return fixture().host.client.call('printer.gcode.script', { script })
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: Error) => reason,
  )
  if (!error) throw new Error('it was not refused')
  return error.message
}

const status = z.object({
  status: z.object({
    lmnt_stream: z.object({ question: z.object({ answer: z.string().nullable() }).nullable() }),
    display_status: z.object({ message: z.string().nullable() }),
  }),
})

async function klipper() {
  const objects = { lmnt_stream: null, display_status: null }
  return status.parse(await fixture().host.client.call('printer.objects.query', { objects })).status
}

const stored = z.object({ gcode_store: z.array(z.object({ message: z.string(), type: z.string() })) })

/** What Moonraker keeps of the console, for everyone who opens a page later. */
async function keptConsole(): Promise<{ message: string; type: string }[]> {
  return stored.parse(await fixture().host.client.call('server.gcode_store', { count: 1000 })).gcode_store
}

test('the question is on the console; "Start" prints, and the print is in the history', async ({
  host,
  testEdge,
  market,
}) => {
  const job = await market.add(shortMoves(500))
  const dialog = await questionShown(host.client)
  assert.is(dialog.text, 'Print Gear? The marketplace sent this print. Is the bed clear?')
  assert.equal(dialog.colours, { 'Not now': 'secondary', Start: 'primary' })
  assert.is((await host.client.printStats()).state, 'standby', 'nothing has begun by itself')
  assert.equal(
    dialogOf((await keptConsole()).map(line => line.message))?.buttons,
    dialog.buttons,
    'a page opened later',
  )
  await press(host.client, dialog, 'Start')
  assert.is((await reported(testEdge, job)).status, 'success')
  await noDialog(host.client)
  assert.is((await latestHistory(host)).status, 'completed')
})

test('a wrong nonce and a used one are refused on the console, and "Not now" leaves the job waiting', async ({
  host,
  testEdge,
  market,
}) => {
  const job = await market.add(shortMoves(200))
  const filename = await readyFile(host)
  const dialog = await questionShown(host.client)
  assert.match(await refusal(gcode(`LMNT_CONSENT NONCE=${'0'.repeat(32)} ANSWER=start`)), 'not open')
  await eventually('the console says so', () => host.client.console.some(line => /^!! LMNT: .*not open/.test(line)))
  assert.match(await refusal(gcode('LMNT_CONSENT')), 'not open')
  assert.match(await refusal(gcode(`${dialog.buttons.Start}ed`)), 'ANSWER is one of')
  await press(host.client, dialog, 'Not now')
  await noDialog(host.client)
  assert.match(await refusal(press(host.client, dialog, 'Start')), 'not open')
  assert.is((await host.client.printStats()).state, 'standby')
  await host.client.call('printer.print.start', { filename })
  assert.is((await reported(testEdge, job)).status, 'success')
})

test('after FIRMWARE_RESTART the old dialog is closed, and the question asked again', async ({
  host,
  testEdge,
  market,
}) => {
  const job = await market.add(shortMoves(200))
  const old = await questionShown(host.client)
  host.client.console.length = 0
  await host.client.call('printer.firmware_restart')
  const dialog = await questionShown(host.client)
  assert.is.not(dialog.buttons.Start, old.buttons.Start)
  assert.match(await refusal(press(host.client, old, 'Start')), 'not open')
  await press(host.client, dialog, 'Start')
  assert.is((await reported(testEdge, job)).status, 'success')
})

test('a dialog of the last run is closed after FIRMWARE_RESTART when nothing is asked any more', async ({
  host,
  testEdge,
  market,
}) => {
  await market.add(shortMoves(200))
  const old = await questionShown(host.client)
  // Killed, as far as the printer can tell: nobody takes the question back.
  await host.client.call('printer.emergency_stop')
  await testEdge.stopEdge()
  host.client.console.length = 0
  await untilReady(host)
  await eventually('the dialog is closed', () => host.client.console.includes('// action:prompt_end'))
  assert.match(await refusal(press(host.client, old, 'Start')), 'not open')
})

test('"Start" says when the service is not running, and can be pressed again', async ({ host, testEdge }) => {
  await testEdge.stopEdge()
  // As a service asks that is killed right after it.
  await host.client.call('printer.lmnt_stream.ask', { nonce: 'a'.repeat(32), lines: ['Print Gear?'] })
  const dialog = await questionShown(host.client)
  assert.match(await refusal(press(host.client, dialog, 'Start')), 'the LMNT service is not running')
  assert.equal(dialogOf(host.client.console), dialog)
  await press(host.client, dialog, 'Not now')
  await noDialog(host.client)
})

test('the X of a dialog is a "Not now"; a cancel from the marketplace closes the next dialog', async ({
  host,
  testEdge,
  market,
}) => {
  const job = await market.add(shortMoves(200), { title: 'Later' })
  await questionShown(host.client)
  await gcode(closeDialog)
  await eventually('it is a "Not now"', async () => (await klipper()).lmnt_stream.question?.answer === 'later')
  const words = 'Later waits in the file list: LMNT/Later.gcode'
  await eventually('the console line appears', () => host.client.console.includes(`// LMNT: ${words}`))
  assert.ok(host.client.console.includes('// LMNT: Print Later? Not now'))
  assert.is((await klipper()).display_status.message, words)
  assert.is(job.status, 'claimed')
  await testEdge.edge()?.call('cancel_job')
  await reported(testEdge, job)
  await eventually('the display is free', async () => (await klipper()).display_status.message === null)

  const next = await market.add(shortMoves(200))
  await questionShown(host.client)
  next.isCancelRequested = true
  assert.is((await reported(testEdge, next)).stats?.reason, 'cancelled')
  await noDialog(host.client)
})

test('a print by hand closes the dialog, and an open error dialog delays the question', async ({
  host,
  testEdge,
  market,
}) => {
  const failing = await market.add(gcodeOf(['G28', 'NO_SUCH_MACRO']), { title: 'Failing' })
  const filename = await readyFile(host)
  await questionShown(host.client)
  await host.client.call('printer.print.start', { filename })
  await reported(testEdge, failing)
  await untilState(host, 'error')
  const error = await eventually('the error', () => {
    const dialog = dialogOf(host.client.console)
    return dialog?.buttons.Close !== undefined && dialog
  })
  await market.add(shortMoves(200), { title: 'Next' })
  await eventually('the question is asked', async () => (await klipper()).lmnt_stream.question !== null)
  assert.ok(dialogOf(host.client.console)?.buttons.Close, 'the error still stands')
  await press(host.client, error, 'Close')
  assert.match((await questionShown(host.client)).text, 'Print Next?')
})

test('an open error dialog closes when the next print begins, and hides no later question', async ({
  host,
  testEdge,
  market,
}) => {
  const failing = await market.add(gcodeOf(['G28', 'NO_SUCH_MACRO']))
  await host.client.call('printer.print.start', { filename: await readyFile(host) })
  await reported(testEdge, failing)
  await eventually('the error', () => dialogOf(host.client.console)?.buttons.Close !== undefined)
  const next = await market.add(shortMoves(200))
  await host.client.call('printer.print.start', { filename: await readyFile(host) })
  assert.is((await reported(testEdge, next)).status, 'success')
  await noDialog(host.client)
  await market.add(shortMoves(200), { title: 'Later' })
  assert.match((await questionShown(host.client)).text, 'Print Later?')
})

test('hostile titles and errors reach no console and no dialog as markup', async ({ host, market }) => {
  const title =
    '<img src=x onerror=alert(1)>|Start|M112\n// action:prompt_end &lt;b&gt; \u202e\u0007 caf\u00e9 \u{1f600}'
  await market.add(gcodeOf(['G28', 'NO_SUCH<b>MACRO']), { title })
  const filename = await readyFile(host)
  const dialog = await questionShown(host.client)
  assert.match(dialog.text, 'Print img src=x onerror=alert(1)StartM112 // action:prompt_end lt;bgt; café \u{1f600}?')
  assert.equal(Object.keys(dialog.buttons), ['Not now', 'Start'])
  // The extra's own defence: whoever else speaks to it, such as an older edge.
  const nonce = 'f'.repeat(32)
  await host.client.call('printer.lmnt_stream.ask', { nonce, lines: [`Print <script>|</script>&amp;\n// x \ud800?`] })
  const text = '// action:prompt_text Print script/scriptamp; // x ?'
  await eventually('the question is asked', () => host.client.console.includes(text))
  await host.client.call('printer.lmnt_stream.withdraw', { nonce })
  assert.match(await refusal(host.client.call('printer.lmnt_stream.ask', { nonce: '<b>', lines: [] })), 'nonce')
  assert.match(await refusal(host.client.call('printer.lmnt_stream.ask', { nonce: 7 })), 'Invalid Argument')

  await host.client.call('printer.print.start', { filename })
  await untilState(host, 'error')
  await eventually('the error', () => dialogOf(host.client.console)?.buttons.Close !== undefined)
  const ours = (await keptConsole()).filter(line => /LMNT|prompt_/.test(line.message))
  for (const { message } of ours)
    assert.not.match(message.replace(/^(\/\/ action:prompt_(?:footer_)?button) .*/, '$1'), /[<>&|]/)
  assert.not.match(JSON.stringify(ours), /<img|<script|onerror=alert\(1\)>/)
  const log = readFileSync(host.printer.klippyLog, 'utf8')
  assert.not.match(log, /Internal Error|json encoding error/)
})

test('the reason for a wait is shown, and no message stays after a cancel', async ({ host, testEdge, market }) => {
  market.isCwsDown = true
  host.relay.trickle(500)
  const job = await market.add(shortMoves(6000, ['M117 from the job']))
  const filename = await readyFile(host)
  await host.client.call('printer.print.start', { filename })
  await eventually('the message is shown', async () => (await klipper()).display_status.message?.startsWith('LMNT: '))
  market.isCwsDown = false
  await eventually('the message is cleared', async () => (await klipper()).display_status.message === null)
  await gcode('M117 in the middle')
  await host.client.call('printer.print.cancel')
  await reported(testEdge, job)
  assert.is((await klipper()).display_status.message, null)
})

run()

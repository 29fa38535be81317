/** `npm start`: boots the whole marketplace on this machine, runs the demo print, and stays up. */

import { build } from '../build.ts'
import { createNarrator } from '../demo/narrator.ts'
import { connectPrinter } from '../demo/printer.ts'
import { isRight, toResult, toTable } from '../demo/result.ts'
import { runDemo } from '../demo/run-demo.ts'
import { people, readSample } from '../demo/sample.ts'
import { stopOrphan } from '../postgres/launch.ts'
import { findEnvironment, type PrinterEnvironment } from '../printer/environment.ts'
import { stopLeftovers } from '../printer/leftovers.ts'
import { edgeCfgFile } from './edge-config.ts'
import { clearTemporary, type Folders, makeFolders, resetFolders } from './folders.ts'
import { fundUser, requireRunning } from './fund.ts'
import { untilInterrupted } from './interrupted.ts'
import { fund } from './ledger.ts'
import { lock, runningPid } from './lock.ts'
import { type Options, parseOptions, usage } from './options.ts'
import type { Ports } from './ports.ts'
import { printerDir } from './printer.ts'
import { type Stack, startStack } from './stack.ts'

// run.mjs passes the time of its start, so that the seconds include an install.
const startedAt = Number(process.env.LMNT_STARTED_AT ?? Date.now() - process.uptime() * 1000)

// Keeps Google's clients from searching for this machine's metadata server and warning that there is none.
process.env.METADATA_SERVER_DETECTION ??= 'none'

main().then(
  status => process.exit(status),
  error => {
    const message = error instanceof Error ? error.message : String(error)
    console.error(`\n${message}`)
    // With --json, a failure also ends with a line of JSON.
    if (process.argv.includes('--json')) console.log(JSON.stringify({ error: { message } }))
    process.exit(1)
  },
)

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    console.log(usage)
    return 0
  }
  const realPrinter = options.printer === 'real' ? installedPrinter() : undefined
  const sample = readSample(options.stl)
  const root = process.cwd()
  const folders = makeFolders(root)
  if (options.fund) {
    if (runningPid(folders) === null) clearTemporary(folders)
    requireRunning(folders)
    const accountId = await fundUser(folders, options.fund)
    console.log(
      `${options.fund.email} received ${options.fund.amount} HBAR and ${options.fund.amount} PRINT in account ${accountId}.`,
    )
    return 0
  }
  let unlock = lock(folders)
  if (options.reset) {
    // The database of a killed start would delete the new one's socket when it ends.
    await stopOrphan(folders.postgres)
    await stopLeftovers(printerDir(folders))
    unlock()
    resetFolders(folders)
    makeFolders(root)
    unlock = lock(folders)
  }
  const narrator = createNarrator(options.json ? process.stderr : process.stdout, () => Date.now())
  let stack: Stack | undefined
  const interrupted = untilInterrupted()
  try {
    const booting = narrator.step('the marketplace starts', async note => {
      await build()
      stack = await startStack(folders, { up: note, say: narrator.say }, { realPrinter })
    })
    if ((await Promise.race([booting, interrupted])) === 'interrupted' || !stack) return 130
    const { urls } = stack
    const demo = runDemoOn(stack, options)
    demo.catch(() => {})
    const status = await Promise.race([demo, stack.failed, interrupted])
    if (typeof status === 'string') return 130
    if (options.once) return status
    narrator.say(welcome(urls.bff, urls.printer, stack.ports, folders, options))
    await Promise.race([interrupted, stack.failed])
    narrator.say('\nStopping ...')
    return 0
  } finally {
    await stack?.stop()
    clearTemporary(folders)
    unlock()
  }

  async function runDemoOn({ urls, ledger, ledgerIds, secrets }: Stack, { json }: Options): Promise<number> {
    const printer = await connectPrinter(urls.printer)
    try {
      const run = await runDemo({
        marketplaceUrl: urls.bff,
        printer,
        sample,
        fund: (accountId, amount) => fund(ledger, secrets, ledgerIds, accountId, amount),
        narrator,
      })
      const result = toResult(run, (Date.now() - startedAt) / 1000)
      narrator.say(`\n${toTable(result)}\n`)
      if (json) console.log(JSON.stringify(result))
      return isRight(result) ? 0 : 1
    } finally {
      printer.close()
    }
  }
}

/** The installed Klippy and Moonraker. Throws with how to install them. */
function installedPrinter(): PrinterEnvironment {
  const found = findEnvironment(process.env.LMNT_PYTHON)
  if (found) return found
  throw new Error(`Real Klipper and Moonraker are not installed here, or in another version. Run this once:

  npm run printer:setup

It takes about a minute, and needs Python, gcc and libsodium: local/printer/README.md says which. Without --printer real the print
runs on a virtual printer, which needs nothing.`)
}

function welcome(marketplace: string, printer: string, ports: Ports, folders: Folders, options: Options): string {
  const { designer, enthusiast } = people
  const kind = options.printer === 'real' ? 'real Moonraker, with Klipper behind it' : "Moonraker's API"
  return `The marketplace stays up until Ctrl-C.
  marketplace API   ${marketplace}   (${marketplace}/openapi.json)
  printer           ${printer}   (${kind})
  its page          http://127.0.0.1:${ports.page}/   (https://localhost:${ports.pageHttps}/ with the edge's own certificate)
  its edge          ${edgeCfgFile(folders)}   (auto_start: prints what arrives, unasked)
  log in as         ${enthusiast.email} / ${enthusiast.password}
                    ${designer.email} / ${designer.password}
  logs              ${folders.logs}
README.md shows what to try with curl${marketplace.endsWith(':4100') ? '' : `; begin with MARKET=${marketplace}`}.`
}

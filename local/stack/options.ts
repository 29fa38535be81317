import { parseArgs } from 'node:util'

export interface Options {
  /** Stop after the demo job, with its exit status. */
  once: boolean
  /** Machine-readable output: progress goes to stderr; the last line of stdout is the result, a JSON object. */
  json: boolean
  /** Delete the local marketplace's data before the start. */
  reset: boolean
  /** The edge's printer: the virtual printer, or real Klippy behind real Moonraker. */
  printer: PrinterKind
  /** The user's own model instead of the sample. */
  stl: string | undefined
  help: boolean
  /** Pay a user on the running marketplace instead of starting one. */
  fund: { email: string; amount: bigint } | undefined
}

export type PrinterKind = 'virtual' | 'real'

export const usage = `npm start                    the whole marketplace on this machine, and a print; stays up until Ctrl-C
npm start -- --once          ends after the print: exit status 0, or 1 when it failed
npm start -- --json          the result as one JSON object in the last line
npm start -- --stl FILE      prints your own STL file
npm start -- --printer real  on real Klipper and Moonraker, which "npm run printer:setup" installs; "virtual" is the default
npm start -- fund EMAIL N    gives a user N HBAR and N PRINT, while it runs in another terminal
npm start -- --reset         starts afresh: throws the local data (.lmnt/) away, but for what was installed there`

/** Parses the command line. Throws with the usage when an argument is unknown. */
export function parseOptions(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        printer: { type: 'string', default: 'virtual' },
        stl: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const { printer } = values
    if (printer !== 'virtual' && printer !== 'real') throw new Error('--printer must be virtual or real.')
    return { ...values, printer, stl: values.stl, fund: readFund(positionals) }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
  }
}

function readFund(positionals: string[]): Options['fund'] {
  const [command, email = '', amount = '', ...rest] = positionals
  if (command === undefined) return undefined
  if (command !== 'fund') throw new Error(`Unknown command "${command}".`)
  if (!email.includes('@') || !/^[1-9]\d{0,5}$/.test(amount) || rest.length > 0) {
    throw new Error('fund takes an e-mail address and a whole number of HBAR from 1 to 999999.')
  }
  return { email, amount: BigInt(amount) }
}

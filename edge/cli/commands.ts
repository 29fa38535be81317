import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../runtime/config.ts'
import { readSetup } from '../config/read.ts'
import { askEdge, choosePrinter } from '../shell.ts'
import { askPerson, readAll, type Terminal } from './ask-person.ts'
import { gather } from './doctor/gather.ts'
import { isHealthy, judge } from './doctor/judge.ts'
import { edgeStatus } from './edge-status.ts'
import { findConfig } from './find-config.ts'
import { findingText, statusText } from './text.ts'

export const usage = `usage: lmnt-edge COMMAND [PRINTER] [--config FILE] [--json]
  doctor       checks the installation and the running service; exit status 1 when something is wrong
  status       what the service does
  register     registers a printer: asks for email and password; --token-stdin reads a token of the marketplace instead
  unregister   ends a printer's registration
PRINTER is the name in lmnt-edge.cfg, when there are several. Without a command the service itself runs.`

type Options = ReturnType<typeof parse>

/** Runs a command beside the running service; returns the exit status. Throws ConfigError with what is wrong. */
export async function runCommand(args: string[], configFile: string | undefined, terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args)
  const [command = '', printer, ...more] = positionals
  const print = (text: string) => void terminal.output.write(`${text}\n`)
  if (values.help) {
    print(usage)
    return 0
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (!run || more.length > 0) throw new ConfigError(`There is no command "${positionals.join(' ')}".\n${usage}`)
  const config = findConfig(values.config ?? configFile, homedir())
  return run({ config, printer, values, terminal, print })
}

interface Call {
  config: string
  printer: string | undefined
  values: Options['values']
  terminal: Terminal
  print: (text: string) => void
}

const commands: Record<string, (call: Call) => Promise<number>> = {
  async doctor({ config, values, print }) {
    const program = dirname(process.argv[1] ?? '.')
    const facts = await gather({ program, config, home: homedir(), nginx: '/etc/nginx' })
    const findings = judge(facts)
    if (values.json) print(JSON.stringify({ healthy: isHealthy(findings), findings }))
    else for (const finding of findings) print(findingText(finding, facts.printers.length > 1))
    return isHealthy(findings) ? 0 : 1
  },

  async status({ config, printer, values, print }) {
    const setup = readSetup(config, homedir())
    const asked = setup.printers.filter(({ name }) => printer === undefined || name === printer)
    if (asked.length === 0) throw new ConfigError(`lmnt-edge.cfg has no printer "${printer}".`)
    for (const { name } of asked) {
      const answer = JSON.parse(await askEdge(setup, { command: 'status' }, name))
      print(
        values.json ? JSON.stringify({ ...answer, printer_section: name }) : statusText(name, edgeStatus.parse(answer)),
      )
    }
    return 0
  },

  async register({ config, printer, values, terminal, print }) {
    const setup = readSetup(config, homedir())
    // Before a person types a password for nothing.
    const { name: section } = choosePrinter(setup, printer)
    const login = values['token-stdin'] ? { token: await readAll(terminal.input) } : await askLogin(terminal)
    const name = values.name ?? section
    print(await askEdge(setup, { command: 'register', name, ...login }, section))
    return 0
  },

  async unregister({ config, printer, print }) {
    print(await askEdge(readSetup(config, homedir()), { command: 'unregister' }, printer))
    return 0
  },
}

async function askLogin(terminal: Terminal) {
  const email = await askPerson(terminal, 'Email at the marketplace: ')
  return { email, password: await askPerson(terminal, 'Password: ', { isSecret: true }) }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        name: { type: 'string' },
        'token-stdin': { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}

/**
 * What an operator does to the marketplace by hand, with the service's own environment:
 *
 *     operator.ts COMMAND ...
 *
 * A command is a line of the table below and a verb in services/ that begins with requireOperator.
 */
import { ConfigError, readConfig } from '../service/config.ts'
import { createLog } from '../service/log.ts'
import { run } from '../service/serve.ts'
import { serviceConfig } from './config.ts'
import type { Context } from './context.ts'
import { openCloud, openParts } from './parts.ts'

interface Command {
  /** What follows the command's name. */
  usage: string
  /** Does it, and says what was done. Throws ConfigError for words that it does not understand. */
  run: (ctx: Context, words: string[]) => Promise<string>
}

const commands: Record<string, Command> = {}

run(async () => {
  const [name = '', ...words] = process.argv.slice(2)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new ConfigError(`usage:\n${usage()}`)
  const config = readConfig(serviceConfig, process.env)
  const { context, close } = await openParts(config, createLog('operator', 'warn'), openCloud(config))
  try {
    console.log(await command.run({ ...context, actor: { kind: 'operator' } }, words))
  } finally {
    await close()
  }
})

function usage(): string {
  return Object.entries(commands)
    .map(([name, command]) => `  ${name} ${command.usage}`)
    .join('\n')
}

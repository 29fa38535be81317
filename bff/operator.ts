/**
 * The operator's command line, which needs the environment of the service:
 *
 *     operator.ts COMMAND ...
 *
 * Each command is a line of the table below and a verb in services/ that starts with requireOperator.
 */
import { z } from 'zod'
import { ConfigError, readConfig } from '../runtime/config.ts'
import { createLog } from '../runtime/log.ts'
import { run } from '../runtime/process.ts'
import { AppError, isAppError } from '../schema/http/errors.ts'
import { idSchema } from '../schema/http/ids.ts'
import { refuseTestSettings, serviceConfig } from './config.ts'
import type { Context } from './context.ts'
import { openCloud, openParts } from './parts.ts'
import { type ListedLetter, listDeadLetters, replayDeadLetter } from './services/dead-letter/index.ts'
import { releaseAttempts } from './services/print-job/index.ts'
import { refundPurchase } from './services/purchase/index.ts'

interface Command {
  /** The arguments, for the usage text. */
  usage: string
  /** Runs the command and returns its output. Throws ConfigError for wrong arguments. */
  run: (ctx: Context, args: string[]) => Promise<string>
}

const commands: Record<string, Command> = {
  refund: {
    usage: 'PURCHASE_ID --reason WORDS   gives a purchase back; run it again to see how it stands',
    run: async (ctx, args) => {
      const { purchaseId, reason } = parseArgs(refundArgs, args)
      const refund = await refundPurchase(ctx, { purchaseId, reason })
      if (refund.status === 'failed') {
        const why = refund.error ?? 'the ledger gave no reason'
        throw new AppError('payment_failed', `The refund of ${purchaseId} failed: ${why}. Run it again to repeat it.`)
      }
      return `The refund of ${purchaseId} is ${refund.status} (${refund.transactionId}).`
    },
  },
  'dead-letters': {
    usage: '                           shows what was given up, incoming and outgoing',
    run: async ctx => {
      const letters = await listDeadLetters(ctx)
      return letters.length === 0 ? 'There are no dead letters.' : letters.map(describeLetter).join('\n')
    },
  },
  replay: {
    usage: 'ID | --all                       has a dead letter (or each of them) tried once more',
    run: async (ctx, args) => {
      const subject = parseArgs(replayArgs, args)
      const ids = subject === '--all' ? (await listDeadLetters(ctx)).map(letter => letter.id) : [subject]
      // The service delivers the replayed rows: the CWS signs no fees and no events for an operator.
      const results = await replayEach(ctx, ids)
      return results.length === 0 ? 'There are no dead letters.' : results.join('\n')
    },
  },
  'release-attempts': {
    usage: 'PURCHASE_ID            lets a purchase print again that has failed too often',
    run: async (ctx, args) => {
      const [purchaseId] = parseArgs(purchaseArgs, args)
      const attempts = await releaseAttempts(ctx, purchaseId)
      return `${purchaseId} may be printed: ${attempts} attempts without success are forgiven.`
    },
  },
}

const replayArgs = z.tuple([z.string().min(1).max(200)]).transform(([word]) => word)
const purchaseArgs = z.tuple([idSchema('purchase')])

const refundArgs = z
  .tuple([idSchema('purchase'), z.literal('--reason')], z.string())
  .transform(([purchaseId, , ...words]) => ({ purchaseId, reason: words.join(' ').trim() }))
  .refine(({ reason }) => reason.length > 0 && reason.length <= 500)

run('bff-operator', async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new ConfigError(`usage:\n${usage()}`)
  const config = readConfig(serviceConfig, process.env)
  refuseTestSettings(config)
  const { context, close } = await openParts(config, createLog('operator', 'warn'), openCloud(config))
  try {
    console.log(await command.run({ ...context, actor: { kind: 'operator' } }, args))
  } catch (error) {
    // A refusal is printed as its message, another error with its stack.
    if (!isAppError(error)) throw error
    console.error(`${error.message} (${error.code})`)
    process.exitCode = 1
  } finally {
    await close()
  }
})

/** Parses a command's arguments. Throws ConfigError with the usage when they do not fit. */
function parseArgs<T extends z.ZodType>(schema: T, args: string[]): z.infer<T> {
  const parsed = schema.safeParse(args)
  if (parsed.success) return parsed.data
  throw new ConfigError(`usage:\n${usage()}`)
}

function usage(): string {
  return Object.entries(commands)
    .map(([name, command]) => `  ${name} ${command.usage}`)
    .join('\n')
}

function describeLetter({ id, direction, topic, deadAt, error }: ListedLetter): string {
  return `${deadAt.toISOString()}  ${direction} ${topic}  ${id}  ${error.replaceAll('\n', ' ')}`
}

/** A refused letter does not stop the others. */
async function replayEach(ctx: Context, ids: string[]): Promise<string[]> {
  const results: string[] = []
  for (const id of ids) {
    const outcome = await replayDeadLetter(ctx, id).catch((error: unknown) => {
      if (!isAppError(error)) ctx.log.error({ err: error, id }, 'dead letter not replayed')
      return isAppError(error) ? error.message : 'not replayed: internal error (see the log)'
    })
    results.push(`${id}: ${outcome}`)
  }
  return results
}

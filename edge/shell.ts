import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import { isAppError } from '../schema/http/errors.ts'
import type { EdgeSetup } from './config/read.ts'
import { listenPrivately, type PrivateSocket } from './private-socket.ts'

const register = { command: z.literal('register'), name: z.string() }

const requestSchema = z.union([
  z.strictObject({ command: z.enum(['status', 'unregister']) }),
  z.strictObject({ ...register, token: z.string() }),
  z.strictObject({ ...register, email: z.string(), password: z.string() }),
])

/** A command from a shell of the host to the running service. */
export type ShellCommand = z.infer<typeof requestSchema>
const answerSchema = z.union([z.object({ output: z.string() }), z.object({ error: z.string() })])

const socketOf = (dataDir: string) => join(dataDir, 'shell.sock')
/** A status with many waiting reports. */
const longestLine = 256 * 1024
/** Longer than the edge waits for the marketplace. */
const answerMs = 60_000

/** Answers `lmnt-edge COMMAND` of the host's shell on a unix socket in the data folder: a JSON line each way. */
export function startShell(
  dataDir: string,
  run: (command: ShellCommand) => Promise<string>,
  log: Log,
): Promise<PrivateSocket> {
  async function answer(line: string): Promise<z.infer<typeof answerSchema>> {
    const request = requestSchema.safeParse(parseJson(line))
    if (!request.success) return { error: 'The LMNT service does not know this command. Update and restart it.' }
    try {
      return { output: await run(request.data) }
    } catch (error) {
      if (isAppError(error)) return { error: error.message }
      log.error({ err: error }, 'a command of the shell failed')
      return { error: "Something went wrong. See the LMNT service's log." }
    }
  }
  return listenPrivately(socketOf(dataDir), socket => {
    readLine(socket)
      .then(answer)
      .then(given => socket.end(`${JSON.stringify(given)}\n`))
      .catch(() => socket.destroy())
  })
}

/** The printer of that name; without one, the only printer. Throws ConfigError when there is none, or several. */
export function choosePrinter(
  { printers }: Pick<EdgeSetup, 'printers'>,
  wanted: string | undefined,
): EdgeSetup['printers'][number] {
  const [one, ...more] = printers.filter(({ name }) => wanted === undefined || name === wanted)
  if (one && more.length === 0) return one
  const names = printers.map(({ name }) => name).join(', ')
  throw new ConfigError(`Name one of the printers of lmnt-edge.cfg: ${names}.`)
}

/**
 * Sends a command to the edge of that printer, and returns its answer. Throws ConfigError when the edge refuses the command, when
 * it is not running, and as `choosePrinter`.
 */
export async function askEdge(
  setup: Pick<EdgeSetup, 'printers'>,
  command: ShellCommand,
  printer: string | undefined,
): Promise<string> {
  const one = choosePrinter(setup, printer)
  const socket = connect(socketOf(one.config.dataDir))
  socket.setTimeout(answerMs, () => socket.destroy())
  socket.write(`${JSON.stringify(command)}\n`)
  const answer = answerSchema.safeParse(parseJson(await readLine(socket).catch(() => '')))
  socket.destroy()
  if (!answer.success) {
    throw new ConfigError(`The LMNT service of printer "${one.name}" does not answer: is it running, as this user?`)
  }
  if ('error' in answer.data) throw new ConfigError(answer.data.error)
  return answer.data.output
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
      else if (text.length > longestLine) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection was closed')))
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

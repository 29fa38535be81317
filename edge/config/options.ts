import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import { defaultTiming, longestSocketPath } from '../config.ts'
import { isHostName } from '../web/this-host.ts'
import { isFolderOfSockets, readSecretFile } from './disk.ts'

/** The bases of relative paths: "~/" begins at the home folder, any other path at the file's own folder. */
export interface Place {
  home: string
  folder: string
}

const marketplaceUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://marketplace.example' })
  .transform(url => url.replace(/\/+$/, ''))

/** Moonraker's address, http://host:7125, or that of its websocket; becomes the latter. */
const moonrakerUrl = z
  .url({ protocol: /^(https?|wss?)$/, error: 'must be an address such as http://127.0.0.1:7125' })
  .transform(text => {
    const url = new URL(text.replace(/^http/i, 'ws'))
    if (url.pathname === '/') url.pathname = '/websocket'
    return url.href
  })

const yesOrNo = z.stringbool({
  truthy: ['true', 'yes', 'on', '1'],
  falsy: ['false', 'no', 'off', '0'],
  error: 'must be true or false',
})

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

function pathOption({ home, folder }: Place) {
  return z
    .string()
    .min(1, 'has no value')
    .transform(path => (/^~(?=\/|$)/.test(path) ? resolve(home, `.${path.slice(1)}`) : resolve(folder, path)))
}

/** The options of [edge]: of the whole process. */
export function edgeOptions(place: Place) {
  return z.object({
    marketplace_url: marketplaceUrl,
    data_path: pathOption(place).prefault('~/printer_data/lmnt'),
    log_file: pathOption(place).optional(),
    log_level: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  })
}

const words = z
  .string()
  .default('')
  .transform(text => text.split(/[\s,]+/).filter(word => word !== ''))

function listOf<T extends z.ZodType<string, string>>(item: T) {
  return words.pipe(z.array(item))
}

function numberBetween(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine(number => number >= least && number <= most, { error: `must be a whole number from ${least} to ${most}` })
}

const host = z
  .string()
  .transform(text => text.toLowerCase())
  .refine(text => isIP(text) !== 0 || isHostName(text), {
    error: 'must be names or addresses of this host, such as printer.fritz.box, without a port',
  })

const origin = z.string().refine(isOrigin, { error: 'must be origins such as http://mainsail.lan, without a path' })

const network = z.string().refine(isNetwork, { error: 'must be networks such as 100.64.0.0/10' })

/** The options of [web]: the printer's page. */
export const webOptions = z.object({
  enabled: yesOrNo.default(true),
  http_port: numberBetween(1, 65_535).default(7180),
  https: yesOrNo.default(true),
  https_port: numberBetween(1, 65_535).default(7183),
  https_address: z
    .string()
    .refine(text => isIP(text) !== 0, { error: 'must be an address of this host' })
    .optional(),
  hosts: listOf(host),
  origins: listOf(origin),
  networks: listOf(network),
  needs_login: z.enum(['auto', 'always', 'never'], { error: 'must be auto, always or never' }).default('auto'),
})

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  return (
    isIP(address) !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  )
}

/** The options of a [printer NAME]. */
export function printerOptions(place: Place) {
  return z.object({
    moonraker_url: moonrakerUrl.prefault('http://127.0.0.1:7125'),
    moonraker_api_key_file: pathOption(place)
      .transform((path, context) => {
        const { secret, problem } = readSecretFile(path)
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
        return secret
      })
      .optional(),
    stream_socket: pathOption(place)
      .refine(path => Buffer.byteLength(path) <= longestSocketPath, {
        error: `is longer than ${longestSocketPath} bytes, the limit for the path of a socket`,
        abort: true,
      })
      .refine(isFolderOfSockets, 'needs a folder of its own, closed to all others, with nothing else in it')
      .prefault('~/printer_data/comms/lmnt/stream.sock'),
    auto_start: yesOrNo.default(false),
    ask_before_using_rights: yesOrNo.default(true),
    poll_seconds: z
      .string()
      .regex(/^([1-9]|[1-5]\d|60)$/, 'must be a whole number from 1 to 60')
      .transform(Number)
      .default(defaultTiming.pollWaitS),
  })
}

export type PrinterOptions = z.infer<ReturnType<typeof printerOptions>>

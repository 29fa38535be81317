import { lstatSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { sendRequest } from '../../../runtime/request.ts'
import { readJson } from '../../../schema/http/json.ts'
import type { MoonrakerFacts } from './facts.ts'

const serverInfo = z.object({
  result: z.object({
    klippy_state: z.string(),
    components: z.array(z.string()),
    failed_components: z.array(z.string()),
  }),
})
const serverConfig = z.object({ result: z.object({ orig: z.record(z.string(), z.unknown()) }) })
const printerInfo = z.object({
  result: z.object({
    state_message: z.string(),
    klipper_path: z.string().optional(),
    software_path: z.string().optional(),
  }),
})
const objects = z.object({
  result: z.object({
    status: z.object({
      lmnt_stream: z.object({ version: z.string().optional() }).optional(),
      configfile: z.object({ config: z.record(z.string(), z.unknown()) }).optional(),
    }),
  }),
})
const section = z.object({ socket: z.string().optional() })

const largestAnswer = 8 * 1024 * 1024
const limits = { maxDepth: 32, maxValues: 500_000 }

/** What Moonraker says about itself and Klipper; null when it does not answer. */
export async function readMoonraker(
  websocketUrl: string,
  apiKey: string | undefined,
  ms: number,
): Promise<MoonrakerFacts | null> {
  const { origin } = new URL(websocketUrl.replace(/^ws/, 'http'))

  async function get<T extends z.ZodType>(
    path: string,
    schema: T,
  ): Promise<{ status: number; data: z.infer<T> | null }> {
    const headers = apiKey === undefined ? {} : { 'x-api-key': apiKey }
    const answer = await sendRequest(origin + path, { method: 'GET', headers, signal: AbortSignal.timeout(ms) })
    const parsed = schema.safeParse(await readJson(answer, largestAnswer, limits).catch(() => null))
    return { status: answer.status, data: parsed.success ? parsed.data : null }
  }

  try {
    const info = await get('/server/info', serverInfo)
    const server = info.data?.result
    const config = await get('/server/config', serverConfig)
    const printer = (await get('/printer/info', printerInfo)).data?.result
    const status = (await get('/printer/objects/query?lmnt_stream=version&configfile=config', objects)).data?.result
      .status
    return {
      url: origin,
      needsKey: info.status === 401,
      failedComponents: server?.failed_components ?? [],
      isComponentIncluded: config.data !== null && 'lmnt_marketplace' in config.data.result.orig,
      isComponentLoaded: server?.components.includes('lmnt_marketplace') ?? false,
      klippyState: server?.klippy_state ?? 'disconnected',
      klippyMessage: printer?.state_message ?? '',
      klipperFolder: printer?.klipper_path ?? null,
      extra: printer ? extraOf(printer.klipper_path ?? null, status) : null,
    }
  } catch {
    return null
  }
}

function extraOf(klipperFolder: string | null, status: z.infer<typeof objects>['result']['status'] | undefined) {
  const sectionOf = section.safeParse(status?.configfile?.config.lmnt_stream)
  const loadedVersion = status?.lmnt_stream?.version ?? null
  return {
    isIncluded: sectionOf.success,
    socket: sectionOf.success ? (sectionOf.data.socket ?? null) : null,
    loadedVersion,
    isLinked: klipperFolder === null ? loadedVersion !== null : isLinked(klipperFolder),
  }
}

/** Mainline Klipper has the extra in klippy/extras, Kalico in klippy/plugins. */
function isLinked(klipperFolder: string): boolean {
  return ['klippy/extras', 'klippy/plugins', 'plugins'].some(folder => {
    const path = join(klipperFolder, folder, 'lmnt_stream')
    try {
      return lstatSync(path).isSymbolicLink() && realpathSync(path) !== ''
    } catch {
      return false
    }
  })
}

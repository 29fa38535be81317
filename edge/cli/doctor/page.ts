import { readdirSync, readFileSync } from 'node:fs'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { join } from 'node:path'
import type { WebConfig } from '../../web/config.ts'
import type { PageAnswer, PageFacts } from './facts.ts'
import { tryTo } from './try-to.ts'

/** The file of install.sh with the page's location, which the sites of Mainsail and Fluidd include. */
const locationFile = 'lmnt-edge.conf'
/** The built page is smaller. */
const mostBytes = 64 * 1024

/** Asks for the page where the service serves it, and by each site of nginx that includes it. Null when its plain HTTP is switched off. */
export async function readPage(web: WebConfig | null, nginxFolder: string, ms: number): Promise<PageFacts | null> {
  if (!web?.httpPort) return null
  const url = `http://127.0.0.1:${web.httpPort}/`
  const configured = readNginx(nginxFolder)
  const sites = configured.sites.map(async ({ file, origin }) => {
    const url = `${origin}/server/lmnt/`
    return { file, url, answer: await askForPage(url, ms) }
  })
  return {
    url,
    answer: await askForPage(url, ms),
    nginx: { hasLocation: configured.hasLocation, sites: await Promise.all(sites) },
  }
}

async function askForPage(url: string, ms: number): Promise<PageAnswer> {
  try {
    const message = await get(url, AbortSignal.timeout(ms))
    let text = ''
    for await (const chunk of message.setEncoding('utf8')) {
      text += chunk
      if (text.length > mostBytes) break
    }
    return { status: message.statusCode ?? null, isPage: message.statusCode === 200 && text.includes('<title>LMNT') }
  } catch {
    return { status: null, isPage: false }
  }
}

function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  // The certificate of a site on this host is for its name, and often self-signed. Nothing secret is sent.
  const options = { signal, rejectUnauthorized: false }
  const open = url.startsWith('https:') ? getHttps : getHttp
  return new Promise((resolve, reject) => open(url, options, resolve).on('error', reject))
}

/** The sites that include the location, with the origin of each: of the first listen in the block that includes it. */
function readNginx(folder: string) {
  const files = [
    ...list(join(folder, 'sites-enabled')),
    ...list(join(folder, 'conf.d')).filter(path => path.endsWith('.conf')),
  ]
  const sites = files.flatMap(file => {
    const text = read(file)
    const include = new RegExp(`^\\s*include\\s+\\S*${locationFile}\\s*;`, 'm').exec(text)
    if (!include) return []
    const block = [...text.slice(0, include.index).matchAll(/^\s*server\b/gm)].at(-1)
    return [{ file, origin: originOf(text.slice(block?.index)) }]
  })
  return { hasLocation: read(join(folder, locationFile)) !== '', sites }
}

function originOf(block: string): string {
  const [, listen = '80'] = /^\s*listen\s+(?!unix:)([^;#]+);/m.exec(block) ?? []
  const [address = '', ...words] = listen.trim().split(/\s+/)
  const port = Number(/(?:^|:)(\d+)$/.exec(address)?.[1] ?? 80)
  return `${port === 443 || words.includes('ssl') ? 'https' : 'http'}://127.0.0.1:${port}`
}

function list(folder: string): string[] {
  return tryTo(() => readdirSync(folder).map(name => join(folder, name))) ?? []
}

function read(path: string): string {
  return tryTo(() => readFileSync(path, 'utf8')) ?? ''
}

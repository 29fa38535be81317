import { readdirSync, readFileSync } from 'node:fs'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { join } from 'node:path'
import type { WebConfig } from '../../web/config.ts'
import type { PageAnswer, PageFacts } from './facts.ts'
import { tryTo } from './try-to.ts'

/** The file of install.sh with the page's location, which the sites of Mainsail and Fluidd include. */
const locationFile = 'lmnt-edge.conf'
/** What nginx listens on when it listens on every address. */
const everywhere = /^(\*|0\.0\.0\.0|\[::\])?$/
/** The built page is smaller. */
const mostBytes = 64 * 1024

/** Asks for the page where the service serves it, and by each site of nginx that includes it. Null when its plain HTTP is switched off. */
export async function readPage(web: WebConfig | null, nginxFolder: string, ms: number): Promise<PageFacts | null> {
  if (!web?.httpPort) return null
  const url = `http://127.0.0.1:${web.httpPort}/`
  const configured = readNginx(nginxFolder)
  const sites = configured.sites.map(async ({ file, origin, name }) => {
    const url = `${origin}/server/lmnt/`
    return { file, url, answer: await askForPage(url, ms, name) }
  })
  return {
    url,
    answer: await askForPage(url, ms),
    nginx: { hasLocation: configured.hasLocation, sites: await Promise.all(sites) },
  }
}

async function askForPage(url: string, ms: number, siteName?: string): Promise<PageAnswer> {
  try {
    const message = await get(url, siteName, AbortSignal.timeout(ms))
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

function get(url: string, siteName: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  // The certificate of a site on this host is for its name, and often self-signed. Nothing secret is sent.
  const options = { signal, rejectUnauthorized: false, ...(siteName && { headers: { host: siteName } }) }
  const open = url.startsWith('https:') ? getHttps : getHttp
  return new Promise((resolve, reject) => open(url, options, resolve).on('error', reject))
}

/**
 * The sites that include the location, each with the origin of the first listen in the block that includes it, and with the name by
 * which nginx tells that block from others of the same port.
 */
function readNginx(folder: string) {
  const files = [
    ...list(join(folder, 'sites-enabled')),
    ...list(join(folder, 'conf.d')).filter(path => path.endsWith('.conf')),
  ]
  const include = new RegExp(`^\\s*include\\s+\\S*${locationFile}\\s*;`, 'm')
  const sites = files.flatMap(file => {
    const block = read(file)
      .split(/^(?=\s*server\s*(?:\{|#|$))/m)
      .find(block => include.test(block))
    return block === undefined ? [] : [{ file, origin: originOf(block), name: nameOf(block) }]
  })
  return { hasLocation: read(join(folder, locationFile)) !== '', sites }
}

function originOf(block: string): string {
  const [, listen = '80'] = /^\s*listen\s+(?!unix:)([^;#]+);/m.exec(block) ?? []
  const [address = '', ...words] = listen.trim().split(/\s+/)
  const [, host = '', port = '80'] = /^(?:(.*):)?(\d+)$/.exec(address) ?? ['', address]
  return `${port === '443' || words.includes('ssl') ? 'https' : 'http'}://${everywhere.test(host) ? '127.0.0.1' : host}:${port}`
}

/** The first name that is no pattern and not "_", which stands for none. */
function nameOf(block: string): string | undefined {
  const [, names = ''] = /^\s*server_name\s+([^;#]+);/m.exec(block) ?? []
  return names.split(/\s+/).find(name => /^[a-z0-9][a-z0-9.-]*$/i.test(name))
}

function list(folder: string): string[] {
  return tryTo(() => readdirSync(folder).map(name => join(folder, name))) ?? []
}

function read(path: string): string {
  return tryTo(() => readFileSync(path, 'utf8')) ?? ''
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendRequest } from '../../../runtime/request.ts'
import type { WebConfig } from '../../web/config.ts'
import type { PageAnswer, PageFacts } from './facts.ts'

/** The file of install.sh with the page's location, which the sites of Mainsail and Fluidd include. */
const locationFile = 'lmnt-edge.conf'
/** The built page is smaller. */
const mostBytes = 64 * 1024

/** Asks for the page where the service serves it, and by each site of nginx that includes it. Null when its plain HTTP is switched off. */
export async function readPage(web: WebConfig | null, nginxFolder: string, ms: number): Promise<PageFacts | null> {
  if (!web?.httpPort) return null
  const url = `http://127.0.0.1:${web.httpPort}/`
  const configured = readNginx(nginxFolder)
  const sites = configured.sites.map(async ({ file, port }) => {
    const url = `http://127.0.0.1:${port}/server/lmnt/`
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
    const signal = AbortSignal.timeout(ms)
    const { status, body } = await sendRequest(url, { method: 'GET', headers: {}, signal })
    let text = ''
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString('utf8')
      if (text.length > mostBytes) break
    }
    return { status, isPage: status === 200 && text.includes('<title>LMNT') }
  } catch {
    return { status: null, isPage: false }
  }
}

/** The sites that include the location, with the port of each. */
function readNginx(folder: string) {
  const files = [
    ...list(join(folder, 'sites-enabled')),
    ...list(join(folder, 'conf.d')).filter(path => path.endsWith('.conf')),
  ]
  const sites = files.flatMap(file => {
    const text = read(file)
    if (!new RegExp(`^\\s*include\\s+\\S*${locationFile}\\s*;`, 'm').test(text)) return []
    return [{ file, port: Number(/^\s*listen\s+(?:\S*:)?(\d+)[;\s]/m.exec(text)?.[1] ?? 80) }]
  })
  return { hasLocation: read(join(folder, locationFile)) !== '', sites }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).map(name => join(folder, name))
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

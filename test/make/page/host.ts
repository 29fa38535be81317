import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

interface HostPage {
  /** The host's page, which embeds the printer's page as Mainsail's and Fluidd's webcam card does. */
  url: string
  /** The printer's page below it, as nginx serves it. */
  pageUrl: string
  close: () => Promise<void>
}

/** What the host's page looks like, and what its user has chosen. */
interface HostOptions {
  isDark: boolean
  primary: string
  title: 'fluidd' | 'Mainsail'
}

/**
 * A page that embeds the printer's page as both hosts do: same origin, no sandbox, in a frame of 458 x 572 whose address it blanks
 * while its tab is hidden, and sets again. `/server/lmnt/` goes to the edge with the headers that our nginx location sets.
 */
export async function startHostPage(edgeUrl: string, options: HostOptions): Promise<HostPage> {
  const { hostname, port } = new URL(edgeUrl)
  const server = createServer((req, res) => {
    const path = req.url ?? '/'
    if (path.startsWith('/server/lmnt/')) {
      const { 'x-forwarded-for': _, ...headers } = req.headers
      const forwarded = { ...headers, 'x-forwarded-for': req.socket.remoteAddress, 'x-forwarded-proto': 'http' }
      const upstream = request(
        { hostname, port, method: req.method, path: path.slice('/server/lmnt'.length), headers: forwarded },
        answer => {
          res.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(res)
        },
      )
      upstream.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end('<h1>502 Bad Gateway</h1>')))
      res.on('close', () => upstream.destroy())
      req.pipe(upstream)
      return
    }
    if (path.startsWith('/server/database/item')) {
      const theme = { isDark: options.isDark, color: options.primary }
      const value =
        options.title === 'fluidd' ? { theme } : { mode: options.isDark ? 'dark' : 'light', primary: options.primary }
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result: { value } }))
      return
    }
    res.writeHead(200, { 'content-type': 'text/html' }).end(hostHtml(options))
  })
  server.listen(0, '127.0.0.1')
  await new Promise<void>(resolve => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    pageUrl: `${url}/server/lmnt/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function hostHtml({ title, isDark, primary }: HostOptions): string {
  return `<!doctype html><html lang="en"><head><title>${title}</title></head>
<body><div id="app" class="v-application theme--${isDark ? 'dark' : 'light'}" style="--v-primary-base: ${primary}">
<iframe title="LMNT" src="/server/lmnt/?embed=1" style="width: 458px; height: 572px; border: 0"></iframe>
</div></body></html>`
}

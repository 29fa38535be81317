import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPage } from '../../../edge/cli/doctor/page.ts'
import type { WebConfig } from '../../../edge/web/config.ts'
import { makeAuthority } from '../../../edge/web/tls/issue.ts'

const test = suite("what the doctor sees of the printer's page and nginx")

const nginx = mkdtempSync(join(tmpdir(), 'lmnt-nginx-'))
const servers: Server[] = []
test.after(() => {
  rmSync(nginx, { recursive: true })
  for (const server of servers) server.close()
})

/** The port of a server that answers a title. */
async function serve(title: string, tls?: { key: string; cert: string }): Promise<number> {
  const answer: RequestListener = (_, response) => response.end(`<html><title>${title}</title></html>`)
  const server = tls ? createTlsServer(tls, answer) : createServer(answer)
  return listen(server, '127.0.0.1')
}

/** The port that the server gets at this address. */
async function listen(server: Server, host: string): Promise<number> {
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

const web = (httpPort: number | null) => ({ httpPort }) as WebConfig

test('a page switched off is no fact', async () => {
  assert.is(await readPage(null, nginx, 1000), null)
  assert.is(await readPage(web(null), nginx, 1000), null)
})

test('a host without nginx, and a page that nobody serves', async () => {
  const page = await readPage(web(1), join(nginx, 'none'), 1000)
  assert.equal(page, {
    url: 'http://127.0.0.1:1/',
    answer: { status: null, isPage: false },
    nginx: { hasLocation: false, sites: [] },
  })
})

test('only sites that include the location are asked, at their port, and Mainsail is not our page', async () => {
  const [ours, mainsail] = [await serve('LMNT Marketplace'), await serve('Mainsail')]
  for (const folder of ['sites-enabled', 'conf.d']) mkdirSync(join(nginx, folder))
  const site = (listen: string, include: string) => `server {\n    listen ${listen};\n    ${include}\n}\n`
  const include = 'include /etc/nginx/lmnt-edge.conf;'
  writeFileSync(join(nginx, 'lmnt-edge.conf'), 'location = /server/lmnt {}')
  writeFileSync(join(nginx, 'sites-enabled/a'), site(`127.0.0.1:${ours} default_server`, include))
  writeFileSync(join(nginx, 'sites-enabled/b'), site(`${mainsail}`, include))
  writeFileSync(join(nginx, 'sites-enabled/c'), site(`${mainsail}`, `# ${include}`))
  writeFileSync(join(nginx, 'conf.d/d.off'), site(`${mainsail}`, include))
  const page = await readPage(web(ours), nginx, 5000)
  assert.ok(page)
  assert.equal(page.answer, { status: 200, isPage: true })
  assert.equal(page.nginx, {
    hasLocation: true,
    sites: [
      {
        file: join(nginx, 'sites-enabled/a'),
        url: `http://127.0.0.1:${ours}/server/lmnt/`,
        answer: { status: 200, isPage: true },
      },
      {
        file: join(nginx, 'sites-enabled/b'),
        url: `http://127.0.0.1:${mainsail}/server/lmnt/`,
        answer: { status: 200, isPage: false },
      },
    ],
  })
})

test('a site is asked at the first listen of the block with the location: with TLS behind one that redirects there', async () => {
  const { key, certificate } = await makeAuthority('a site of its own', ['printer'], randomBytes)
  const port = await serve('LMNT Marketplace', { key, cert: certificate })
  const folder = mkdtempSync(join(nginx, 'tls-'))
  mkdirSync(join(folder, 'sites-enabled'))
  const redirect = 'server {\n  listen 80;\n  return 301 https://$host$request_uri;\n}\n'
  const listens = `listen unix:/run/mainsail.sock;\n  listen [::]:${port} ssl http2; # listen 81;\n  listen 82;`
  const site = `${redirect}server {\n  include /etc/nginx/lmnt-edge.conf;\n  ${listens}\n}\n`
  writeFileSync(join(folder, 'sites-enabled/a'), site)
  const page = await readPage(web(1), folder, 5000)
  assert.equal(page?.nginx.sites, [
    {
      file: join(folder, 'sites-enabled/a'),
      url: `https://127.0.0.1:${port}/server/lmnt/`,
      answer: { status: 200, isPage: true },
    },
  ])
})

test('a site is asked at the address that it listens on, by its name, and no other block of its file counts', async () => {
  const server = createServer((request, response) =>
    response.end(`<title>${request.headers.host === 'voron.lan' ? 'LMNT Marketplace' : 'another site'}</title>`),
  )
  const port = await listen(server, '127.0.0.2')
  const folder = mkdtempSync(join(nginx, 'names-'))
  mkdirSync(join(folder, 'conf.d'))
  writeFileSync(
    join(folder, 'conf.d/two.conf'),
    `upstream apiserver {
    server 127.0.0.1:7125;
}
server {
    include /etc/nginx/lmnt-edge.conf;
    server_name _ *.voron.lan voron.lan other.lan;
    listen 127.0.0.2:${port};
}
server {
    listen 1;
    server_name blog.lan;
}
`,
  )
  const page = await readPage(web(1), folder, 5000)
  assert.equal(page?.nginx.sites, [
    {
      file: join(folder, 'conf.d/two.conf'),
      url: `http://127.0.0.2:${port}/server/lmnt/`,
      answer: { status: 200, isPage: true },
    },
  ])
})

test.run()

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPage } from '../../../edge/cli/doctor/page.ts'
import type { WebConfig } from '../../../edge/web/config.ts'

const test = suite("what the doctor sees of the printer's page and nginx")

const nginx = mkdtempSync(join(tmpdir(), 'lmnt-nginx-'))
const servers: Server[] = []
test.after(() => {
  rmSync(nginx, { recursive: true })
  for (const server of servers) server.close()
})

/** The port of a server that answers a title. */
async function serve(title: string): Promise<number> {
  const server = createServer((_, response) => response.end(`<html><title>${title}</title></html>`))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
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

test.run()

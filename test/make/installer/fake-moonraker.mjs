// node fake-moonraker.mjs FOLDER: Moonraker's JSON-RPC by HTTP, as far as install.sh asks it. FOLDER has the printer's state as
// files that a test writes (print_state, idle_state, klippy_state, key) and gets port and calls (a method and its params a line).
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const folder = process.argv[2]
const read = (name, usual = '') =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trim() : usual
let webcams = []

const methods = {
  'server.info': () => ({ klippy_state: read('klippy_state', 'ready'), components: [] }),
  'printer.objects.query': () => ({
    status: {
      print_stats: { state: read('print_state', 'standby') },
      idle_timeout: { state: read('idle_state', 'Idle') },
    },
  }),
  'machine.services.restart': () => 'ok',
  'server.webcams.get_item': ({ name }) => webcams.find(webcam => webcam.name === name) ?? fail('Webcam not found'),
  'server.webcams.post_item': webcam => webcams.push(webcam),
  'server.webcams.delete_item': ({ name }) => {
    webcams = webcams.filter(webcam => webcam.name !== name)
    return {}
  },
}

function fail(message) {
  throw new Error(message)
}

const server = createServer(async (request, response) => {
  const key = read('key')
  if (key && request.headers['x-api-key'] !== key) return response.writeHead(401).end('{}')
  if (request.method === 'GET') return response.end('{"result": {}}')
  let text = ''
  for await (const chunk of request) text += chunk
  const { id, method, params } = JSON.parse(text)
  appendFileSync(join(folder, 'calls'), `${method} ${JSON.stringify(params)}\n`)
  try {
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: methods[method](params) }))
  } catch (error) {
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: error.message } }))
  }
})
server.listen(0, '127.0.0.1', () => {
  writeFileSync(join(folder, 'port.new'), String(server.address().port))
  renameSync(join(folder, 'port.new'), join(folder, 'port'))
})

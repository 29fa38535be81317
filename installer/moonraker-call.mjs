// node moonraker-call.mjs SOCKET URL KEY_FILE METHOD [JSON]: one JSON-RPC call to Moonraker, its result as JSON on stdout.
// With the METHOD print-state: what the printer does, in a word: printing, paused, busy (moving without a print) or idle.
// By the unix socket when it is there, which needs no log-in, else by HTTP with the API key of KEY_FILE when that is there.
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'

const timeLimitMs = 20_000
const [socketPath, url, keyFile, method, params = '{}'] = process.argv.slice(2)

async function printState() {
  const { klippy_state } = await call('server.info', {})
  if (klippy_state !== 'ready') return 'idle'
  const objects = { print_stats: ['state'], idle_timeout: ['state'] }
  const { status } = await call('printer.objects.query', { objects })
  const state = status.print_stats?.state
  if (state === 'printing' || state === 'paused') return state
  return status.idle_timeout?.state === 'Printing' ? 'busy' : 'idle'
}

async function call(method, params) {
  const request = { jsonrpc: '2.0', id: 1, method, params }
  // A socket that a killed Moonraker has left refuses.
  const answer = existsSync(socketPath) ? await bySocket(request).catch(() => byHttp(request)) : await byHttp(request)
  if (answer.error) throw new Error(answer.error.message)
  return answer.result
}

/** Moonraker's messages end with the character ETX; notifications come between. */
function bySocket(request) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('Moonraker closed the connection')))
    socket.on('data', chunk => {
      const messages = (text + chunk).split('\x03')
      text = messages.pop() ?? ''
      const answer = messages.map(message => JSON.parse(message)).find(message => message.id === request.id)
      if (!answer) return
      resolve(answer)
      socket.destroy()
    })
    socket.write(`${JSON.stringify(request)}\x03`)
  })
}

async function byHttp(request) {
  const key = existsSync(keyFile) ? { 'X-Api-Key': readFileSync(keyFile, 'utf8').trim() } : {}
  const response = await fetch(new URL('/server/jsonrpc', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...key },
    body: JSON.stringify(request),
  })
  if (response.status === 401) throw new Error('Moonraker wants a log-in or an API key')
  return await response.json()
}

setTimeout(() => stop('Moonraker does not answer'), timeLimitMs).unref()
try {
  console.log(method === 'print-state' ? await printState() : JSON.stringify(await call(method, JSON.parse(params))))
} catch (error) {
  stop(error.cause?.message ?? error.message)
}

function stop(message) {
  console.error(`${method}: ${message}`)
  process.exit(1)
}

// node moonraker-call.mjs SOCKET URL KEY_FILE METHOD [JSON]: one JSON-RPC call to Moonraker, its result on stdout.
// By the unix socket when it is there, which needs no log-in, else by HTTP with the API key of KEY_FILE when that is there.
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'

const timeLimitMs = 20_000
const [socketPath, url, keyFile, method, params = '{}'] = process.argv.slice(2)
const request = { jsonrpc: '2.0', id: 1, method, params: JSON.parse(params) }

/** Moonraker's messages end with the character ETX; notifications come between. */
function bySocket() {
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

async function byHttp() {
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
  // A socket that a killed Moonraker has left refuses.
  const answer = existsSync(socketPath) ? await bySocket().catch(byHttp) : await byHttp()
  if (answer.error) stop(answer.error.message)
  console.log(JSON.stringify(answer.result))
} catch (error) {
  stop(error.cause?.message ?? error.message)
}

function stop(message) {
  console.error(`${method}: ${message}`)
  process.exit(1)
}

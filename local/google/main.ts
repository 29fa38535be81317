import { z } from 'zod'
import { json, readConfig } from '../../runtime/config.ts'
import { onShutdown, run } from '../../runtime/process.ts'
import { googleOptionsSchema } from './config.ts'
import { someFaults } from './faults.ts'
import { startGoogle } from './start.ts'

const environment = z.object({ LMNT_GOOGLE_CONFIG: json.pipe(googleOptionsSchema) })

/**
 * The doubles as a process. LMNT_GOOGLE_CONFIG holds the options of start.ts as JSON. Once all listens, one line
 * `ready {addresses}` is on the standard output. Ends by SIGTERM, and when a parent that opened an IPC channel is gone.
 */
run('google', async () => {
  const options = readConfig(environment, process.env).LMNT_GOOGLE_CONFIG
  const google = await startGoogle(options, { log: text => console.error(text) })
  onShutdown(google.close)
  // The parent may set faults at run time.
  process.on('message', message => void Object.assign(google.faults, someFaults.parse(message)))
  const { storageUrl, pubsubHost, jwksUrl, issuer, metadataHosts, environments } = google
  console.log(`ready ${JSON.stringify({ storageUrl, pubsubHost, jwksUrl, issuer, metadataHosts, environments })}`)
})

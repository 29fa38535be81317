import { z } from 'zod'
import { ConfigError, readConfig } from '../../service/config.ts'
import { onShutdown, run } from '../../service/serve.ts'
import { googleOptionsSchema } from './config.ts'
import { someFaults } from './faults.ts'
import { startGoogle } from './start.ts'

/**
 * The doubles as a process. LMNT_GOOGLE_CONFIG holds the options of start.ts as JSON. Once all listens, one line
 * `ready {addresses}` is on the standard output. Ends by SIGTERM, and when a parent that opened an IPC channel is gone.
 */
run(async () => {
  const { LMNT_GOOGLE_CONFIG } = readConfig(z.object({ LMNT_GOOGLE_CONFIG: z.string() }), process.env)
  const options = googleOptionsSchema.safeParse(parse(LMNT_GOOGLE_CONFIG))
  if (!options.success) throw new ConfigError(`LMNT_GOOGLE_CONFIG is wrong:\n${z.prettifyError(options.error)}`)

  const google = await startGoogle(options.data, { log: text => console.error(text) })
  onShutdown(google.close)
  // A parent may say while all runs what shall go wrong.
  process.on('message', message => void Object.assign(google.faults, someFaults.parse(message)))
  const { storageUrl, pubsubHost, jwksUrl, issuer, metadataHosts, environments } = google
  console.log(`ready ${JSON.stringify({ storageUrl, pubsubHost, jwksUrl, issuer, metadataHosts, environments })}`)
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError('LMNT_GOOGLE_CONFIG is no JSON.')
  }
}

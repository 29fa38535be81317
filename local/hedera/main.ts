/** The Hedera double as a process: LMNT_HEDERA_CONFIG is its one variable; `ready {...}` says that it listens, and where. */
import { z } from 'zod'
import { json, port, readConfig } from '../../runtime/config.ts'
import { onShutdown, run } from '../../runtime/process.ts'
import { noFaults, someFaults } from './faults.ts'
import { startHedera } from './start.ts'

const settings = z.strictObject({
  dataDir: z.string().min(1),
  grpcPort: port.default(0),
  moreNodes: z.array(port).default([]),
  mirrorPort: port.default(0),
  timeScale: z.number().min(1).default(1),
  genesis: z.strictObject({
    accountId: z.string().regex(/^0\.0\.\d{1,19}$/),
    publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  }),
})

run('hedera', async () => {
  const config = readConfig(z.object({ LMNT_HEDERA_CONFIG: json.pipe(settings) }), process.env)
  const faults = noFaults()
  const { close, ...addresses } = await startHedera({ ...config.LMNT_HEDERA_CONFIG, faults })
  // The parent may set faults at run time.
  process.on('message', message => void Object.assign(faults, someFaults.parse(message)))
  onShutdown(close)
  console.log(`ready ${JSON.stringify(addresses)}`)
})

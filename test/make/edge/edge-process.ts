import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { EdgeConfig } from '../../../edge/config.ts'
import { edgeCfg } from '../../../local/stack/edge-config.ts'

/** Starts the edge as a process, with this configuration's data folder. */
export function startEdgeProcess({ dataDir, streamSocket, moonrakerUrl, marketplaceUrl }: EdgeConfig): ChildProcess {
  const printer = { name: basename(dataDir), moonrakerUrl, streamSocket, autoStart: true, pollSeconds: 1 }
  const file = `${dataDir}.cfg`
  writeFileSync(file, edgeCfg({ marketplaceUrl, dataPath: dirname(dataDir), logLevel: 'silent', printers: [printer] }))
  return spawn(process.execPath, ['dist/edge.js'], {
    env: { ...process.env, EDGE_CONFIG: file },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

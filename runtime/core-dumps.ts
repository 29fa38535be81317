import { spawnSync } from 'node:child_process'

/**
 * Disables core dumps of this process and its children: our memory contains keys, models and G-code in clear, and a crash would
 * write them to the disk. Node cannot set the limit, so util-linux's prlimit does. Returns false if that failed; does nothing
 * on systems other than Linux.
 */
export function forbidCoreDumps(): boolean {
  if (process.platform !== 'linux') return true
  return spawnSync('prlimit', ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' }).status === 0
}

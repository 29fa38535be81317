import { spawnSync } from 'node:child_process'

/**
 * Sets this process's limit for core dumps to 0, and with it that of every child: keys, models and G-code are in clear in our
 * memory, and a crash would write all of it to the disk. Node cannot set a limit, so util-linux's prlimit does. Returns false
 * where it could not; other systems than Linux are left as they are.
 */
export function forbidCoreDumps(): boolean {
  if (process.platform !== 'linux') return true
  return spawnSync('prlimit', ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' }).status === 0
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { end } from './end.ts'

/** Starts the program that a bench compares with. The first that it writes is its address. */
export async function startBare(file: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { url: line.toString().trim(), pid: child.pid!, stop: () => end(child) }
}

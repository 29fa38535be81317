import { join } from 'node:path'
import { bundle } from '../../local/build.ts'

const reaper = 'test/runner/reaper.ts'
const worker = 'test/runner/worker.ts'

/**
 * Bundles test files, as our processes are in production: loading some hundred modules one by one takes each of them a second
 * or two, bundling them all takes two. What they share is bundled once, and a worker loads it once for all its files. Gives the
 * folder, one for each run, where `bundleOf` finds them.
 */
export async function bundleTests(files: string[]): Promise<string> {
  const folder = join('dist', `test-${process.pid}`)
  await bundle(Object.fromEntries([reaper, worker, ...files].map(file => [nameOf(file), file])), folder)
  return folder
}

export const reaperOf = (folder: string) => bundleOf(reaper, folder)
export const workerOf = (folder: string) => bundleOf(worker, folder)

export function bundleOf(file: string, folder: string): string {
  return join(folder, `${nameOf(file)}.js`)
}

function nameOf(file: string): string {
  return file.replace(/\.ts$/, '')
}

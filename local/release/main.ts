import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildUi } from '../ui/build.ts'
import { bundleEdge } from './bundle.ts'
import { checksums, sign, signedFiles } from './checksums.ts'
import { assetName, releaseFiles } from './contents.ts'
import { type ReleaseOptions, readOptions, usage } from './options.ts'
import { readRuntime } from './runtime.ts'
import { zipOf } from './zip.ts'

/** Downloaded runtimes. */
const cache = '.lmnt/runtimes'

async function release(options: ReleaseOptions): Promise<void> {
  mkdirSync(options.out, { recursive: true })
  const [bundle] = await Promise.all([bundleEdge(), buildUi()])
  const archives: { path: string; content: Buffer }[] = []
  for (const architecture of options.architectures) {
    const runtime = options.hasRuntime ? readRuntime(architecture, cache) : null
    const files = releaseFiles(architecture, options, bundle, runtime)
    const content = await zipOf(options.key === null ? files : signedFiles(files, options.key))
    const path = assetName(architecture)
    writeFileSync(join(options.out, path), content)
    console.log(`${join(options.out, path)}  ${(content.length / 1e6).toFixed(1)} MB`)
    archives.push({ path, content })
  }
  const sums = join(options.out, 'SHA256SUMS')
  writeFileSync(sums, checksums(archives))
  // ssh-keygen does not overwrite an old signature.
  rmSync(`${sums}.sig`, { force: true })
  if (options.key === null) console.log('The release is unsigned: name a key by --key to sign it.')
  else sign(sums, options.key)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options) await release(options)
  else console.log(usage)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

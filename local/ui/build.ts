import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { filesIn, keyOf, source } from './sources.ts'

const target = 'dist/ui'
/** Beside the page, so that it is not served. */
const keyFile = 'dist/ui.key'

/** Builds the printer's page into dist/ui, with compressed copies beside its files; does nothing while its sources are the same. */
export async function buildUi(): Promise<void> {
  const key = keyOf('schema/page/pictures.ts', 'local/ui/build.ts')
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return
  rmSync(keyFile, { force: true })
  // Loaded here: Vite takes half a second to load, and is seldom needed.
  const { build } = await import('vite')
  await build({ configFile: join(source, 'vite.config.ts'), logLevel: 'warn' })
  compress()
  writeFileSync(keyFile, key)
}

/** The edge serves these as they are: a printer's host has no time to compress. */
function compress(): void {
  for (const file of filesIn(target)) {
    if (!/\.(js|css|html|svg)$/.test(file)) continue
    const content = readFileSync(file)
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params: size }))
  }
}

if (process.argv[1]?.endsWith(join('ui', 'build.ts'))) await buildUi()

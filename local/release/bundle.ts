import { build } from 'esbuild'
import { wholeOptionsOf } from '../build.ts'

export interface EdgeBundle {
  code: Buffer
  /** The folders of the packages in it, such as node_modules/zod. */
  packages: string[]
}

/** The edge as one file, with its packages. Stack traces name places in this file, which is not minified: so it needs no map. */
export async function bundleEdge(): Promise<EdgeBundle> {
  const { outputFiles, metafile } = await build({
    ...wholeOptionsOf({ edge: 'edge/main.ts' }, 'dist'),
    sourcemap: false,
    write: false,
    metafile: true,
  })
  const [file] = outputFiles
  if (!file || outputFiles.length !== 1) throw new Error('The bundle of the edge is not one file.')
  const folders = Object.keys(metafile.inputs).flatMap(path => packageFolder.exec(path)?.[0] ?? [])
  return { code: Buffer.from(file.contents), packages: [...new Set(folders)].sort() }
}

/** The innermost package of a path. */
const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/

import { readFile } from 'node:fs/promises'
import { build, type Plugin } from 'esbuild'
import { wholeOptionsOf } from '../build.ts'

export interface EdgeBundle {
  code: Buffer
  /** The folders of the packages in it, such as node_modules/zod. */
  packages: string[]
}

/** The edge as one file, with its packages; their licences are in THIRD-PARTY-LICENSES. */
export async function bundleEdge(): Promise<EdgeBundle> {
  const { outputFiles, metafile } = await build({
    ...wholeOptionsOf({ edge: 'edge/main.ts' }, 'dist'),
    plugins: [onlyUsedZod],
    // The text of the program stays in memory. Names are kept, and lines are short: a stack trace tells where it was.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'none',
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

/**
 * Leaves out the parts of zod that nothing uses, such as its messages in fifty languages: half of the bundle, and 9 MB of memory. A
 * bundler can tell the used parts with `import * as z`, but not with `import { z }`.
 */
const onlyUsedZod: Plugin = {
  name: 'only-used-zod',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/^import \{ z \} from 'zod'$/m, "import * as z from 'zod'"),
      loader: 'ts',
    })),
}

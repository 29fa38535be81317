import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { wholeOptionsOf } from '../build.ts'

export interface EdgeBundle {
  /** edge.js, which the launcher starts, the parts that it loads when they are needed, and package.json. */
  files: { path: string; content: Buffer }[]
  /** The folders of the packages in it, such as node_modules/zod. */
  packages: string[]
}

/**
 * The edge with its packages, whose licences are in THIRD-PARTY-LICENSES. In parts: the program's text stays in memory, and a file
 * loads all of Node's modules that anything in it imports, such as http2, which only the page does.
 */
export async function bundleEdge(): Promise<EdgeBundle> {
  const { outputFiles, metafile } = await build({
    ...wholeOptionsOf({ edge: 'edge/main.ts' }, 'dist'),
    splitting: true,
    chunkNames: 'edge-[name]-[hash]',
    plugins: [onlyUsedZod, onlyUsedNode],
    // Names are kept, and lines are short: a stack trace tells where it was.
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'none',
    sourcemap: false,
    write: false,
    metafile: true,
  })
  const folders = Object.keys(metafile.inputs).flatMap(path => packageFolder.exec(path)?.[0] ?? [])
  const files = outputFiles.map(({ path, contents }) => ({ path: basename(path), content: Buffer.from(contents) }))
  return { files: [...files, modulesFile], packages: [...new Set(folders)].sort() }
}

/** Node before 20.19 takes a .js file for a script, unless this tells otherwise; later ones read it twice to find out. */
const modulesFile = { path: 'package.json', content: Buffer.from('{"type":"module"}\n') }

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

/**
 * Asks for Node's modules by require. An import reads everything that such a module exports, even parts that Node loads at their first
 * use: in Node 24, node:http has WebSocket and with it all of fetch, 2 MB.
 */
const onlyUsedNode: Plugin = {
  name: 'only-used-node',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'node' },
    )
    onLoad({ filter: /^/, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
  },
}

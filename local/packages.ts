import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** Imported from node_modules: packages that read files beside them, and the tools that bundle and test. */
const keptOutside = /^(drizzle-kit|esbuild|moonraker-client|playwright-core|three-slicer|uvu|vite)(\/|$)/

const place = 'dist/packages'

/** The names that CommonJS defines in every file and that a module lacks. */
const commonJs = `import { createRequire as createRequireOfNode } from 'node:module'
const require = createRequireOfNode(import.meta.url)
const __dirname = import.meta.dirname`

export interface Packages {
  /** Points the imports of packages to their bundles, and collects their names. */
  plugin: Plugin
  /** Makes the bundles that are missing, after a build with the plugin. */
  bundle: () => Promise<void>
}

/**
 * The packages of node_modules as bundles in dist/packages/, made once for each package-lock.json in some ten seconds. A
 * process that loads the Hedera SDK and Google's clients from their 2,000 files takes two seconds of CPU, from the bundles
 * less than one. `address` is the folder dist/packages as the importing files name it.
 */
export function packagesAt(address: string): Packages {
  const key = keyOfPackages()
  const imported = new Set<string>()
  return {
    plugin: {
      name: 'packages',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
          // JSON is bundled with the code that imports it.
          if (kind === 'entry-point' || isBuiltin(path) || path.endsWith('.json')) return undefined
          if (keptOutside.test(path)) return { path, external: true }
          imported.add(path)
          return { path: `${address}/${key}/${fileName(path)}.js`, external: true }
        }),
    },
    bundle: () => bundleMissing(imported, key),
  }
}

async function bundleMissing(imported: Set<string>, key: string): Promise<void> {
  const folder = join(place, key)
  const listFile = join(folder, 'list.json')
  const before: string[] = existsSync(listFile) ? JSON.parse(readFileSync(listFile, 'utf8')) : []
  if ([...imported].every(name => before.includes(name))) return

  mkdirSync(folder, { recursive: true })
  const draft = mkdtempSync(join(place, `${key}-`))
  try {
    const all = [...new Set([...before, ...imported])].sort()
    const files = await bundleAll(await Promise.all(all.map(name => writeExports(name, draft))), folder)
    // Another run of this clone may be loading them, so each file appears complete, and the list last.
    for (const { path, contents } of [...files, { path: listFile, contents: JSON.stringify(all) }]) {
      writeFileSync(join(draft, 'whole'), contents)
      renameSync(join(draft, 'whole'), path)
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  const outdated = readdirSync(place).filter(name => !name.startsWith(key))
  for (const name of outdated) rmSync(join(place, name), { recursive: true, force: true })
}

/** A source that exports what Node exports from this package: a bundler cannot see the names that CommonJS exports. */
async function writeExports(name: string, folder: string): Promise<string> {
  const names = Object.keys(await import(name)).filter(exported => /^[\w$]+$/.test(exported))
  const path = join(folder, `${fileName(name)}.mjs`)
  writeFileSync(path, `export { ${names.join(', ')} } from ${JSON.stringify(name)}\n`)
  return path
}

async function bundleAll(
  sources: string[],
  outdir: string,
): Promise<{ path: string; contents: Uint8Array | string }[]> {
  const { outputFiles } = await build({
    entryPoints: sources,
    outdir,
    entryNames: '[name]',
    bundle: true,
    // Code that several packages share exists once: two copies of a class would be two classes.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // As Node resolves, without the condition "module" that esbuild adds.
    conditions: [],
    mainFields: ['main'],
    banner: { js: commonJs },
    write: false,
    logLevel: 'warning',
  })
  return outputFiles
}

/** Other packages, or another way to bundle them, are another folder. */
function keyOfPackages(): string {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', 'local/packages.ts']) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

function fileName(name: string): string {
  return name.replace(/^@/, '').replace(/\.js$/, '').replaceAll('/', '+')
}

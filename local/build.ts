import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type BuildOptions, context, build as esbuild, type Plugin } from 'esbuild'
import { type Packages, packagesAt } from './packages.ts'
import { buildUi } from './ui/build.ts'

/** Each process's file in dist/, and where it begins. */
const entryPoints = {
  'bff-operator': 'bff/operator.ts',
  cws: 'cws/main.ts',
  'cws-operator': 'cws/operator.ts',
  slicer: 'slicer/main.ts',
  'slicer-three': 'slicer/engines/three/child.ts',
  'local-google': 'local/google/main.ts',
  'local-hedera': 'local/hedera/main.ts',
  'local-virtual-printer': 'local/virtual-printer/main.ts',
  'local-real-printer': 'local/printer/main.ts',
}

/** The parts of these that are loaded when they are needed, such as the printer's page, are files of their own. */
const inParts = { bff: 'bff/main.ts', edge: 'edge/main.ts' }

/** With their packages in them: the sandbox that they run in shows them no others. */
const selfContained = { 'slicer-open': 'slicer/open/child.ts' }

export type Program = keyof typeof entryPoints | keyof typeof inParts | keyof typeof selfContained

/**
 * Bundles every process in about half a second, and the printer's page when it has changed. Overwrites in place: another stack
 * of this clone may be running the old ones.
 */
export async function build(): Promise<void> {
  const packages = packagesAt('./packages')
  await Promise.all([bundleAll(allOptions(packages), packages), buildUi()])
}

/** How each process is bundled into dist/. */
function allOptions(packages: Packages): (BuildOptions & { plugins: Plugin[] })[] {
  return [
    optionsOf(entryPoints, 'dist', packages),
    ...Object.entries(inParts).map(([name, file]) => partsOf({ [name]: file }, 'dist', packages)),
    wholeOptionsOf(selfContained, 'dist'),
  ]
}

/** A file for each of these, and files that they share. Their packages are bundled beside (packages.ts). */
export async function bundle(entryPoints: Record<string, string>, outdir: string): Promise<void> {
  const packages = packagesAt(resolve('dist/packages'))
  await bundleAll([partsOf(entryPoints, outdir, packages)], packages)
}

async function bundleAll(options: BuildOptions[], packages: Packages): Promise<void> {
  await Promise.all(options.map(one => esbuild(one)))
  await packages.bundle()
}

export function wholeOptionsOf(entryPoints: Record<string, string>, outdir: string) {
  // Packages in CommonJS ask for Node's modules by require, which a module does not have.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
  return { ...optionsOf(entryPoints, outdir), banner: { js } }
}

/** What several of these import, and what is imported when it is needed, are files of their own. */
function partsOf(entryPoints: Record<string, string>, outdir: string, packages: Packages) {
  return { ...optionsOf(entryPoints, outdir, packages), splitting: true, chunkNames: '[name]-[hash]' }
}

function optionsOf(entryPoints: Record<string, string>, outdir: string, packages?: Packages) {
  return {
    entryPoints,
    outdir,
    bundle: true,
    plugins: packages ? [packages.plugin] : [],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    // Stack traces need places only; a debugger reads the sources themselves.
    sourcesContent: false,
    logLevel: 'warning',
  } satisfies BuildOptions
}

/** Bundles again whenever a source file changes, and reports which programs changed. Returns a function that ends the watch. */
export async function watchBuild(onChange: (programs: Program[]) => void): Promise<() => Promise<void>> {
  const programs = Object.keys({ ...entryPoints, ...inParts, ...selfContained }) as Program[]
  const seen = new Map<Program, string>()
  const changed = () =>
    programs.filter(program => {
      const hash = createHash('sha256')
        .update(readFileSync(`dist/${program}.js`))
        .digest('hex')
      const isNew = seen.get(program) !== hash
      seen.set(program, hash)
      return isNew
    })
  changed()
  const packages = packagesAt('./packages')
  const changes: Plugin = {
    name: 'changes',
    setup: bundling =>
      bundling.onEnd(async ({ errors }) => {
        const programs = errors.length > 0 ? [] : changed()
        if (programs.length === 0) return
        await packages.bundle()
        onChange(programs)
      }),
  }
  const watching = await Promise.all(
    allOptions(packages).map(one => context({ ...one, plugins: [...one.plugins, changes] })),
  )
  await Promise.all(watching.map(one => one.watch()))
  return async () => void (await Promise.all(watching.map(one => one.dispose())))
}

if (process.argv[1]?.endsWith('build.ts')) await build()

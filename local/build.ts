import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { context, build as esbuild } from 'esbuild'

/** Each process's file in dist/, and where it begins. Packages stay outside: they are installed beside it. */
const entryPoints = {
  bff: 'bff/main.ts',
  'bff-operator': 'bff/operator.ts',
  cws: 'cws/main.ts',
  slicer: 'slicer/main.ts',
  'slicer-three': 'slicer/engines/three-child.ts',
  edge: 'edge/main.ts',
  'local-google': 'local/google/main.ts',
  'local-hedera': 'local/hedera/main.ts',
  'local-virtual-printer': 'local/virtual-printer/main.ts',
  'local-real-printer': 'local/printer/main.ts',
}

export type Program = keyof typeof entryPoints

/** Bundles every process; about half a second. Over what is there: another stack of this clone may be running it. */
export function build(): Promise<void> {
  return bundle(entryPoints, 'dist')
}

/** A file for each of these, with all that it imports of ours. It has to lie below node_modules' folder, to find the packages. */
export async function bundle(entryPoints: Record<string, string>, outdir: string): Promise<void> {
  await esbuild(optionsOf(entryPoints, outdir))
}

function optionsOf(entryPoints: Record<string, string>, outdir: string) {
  return {
    entryPoints,
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  } as const
}

/** Bundles again whenever a source file changes, and tells which programs became others. Returns what ends it. */
export async function watchBuild(onChange: (programs: Program[]) => void): Promise<() => Promise<void>> {
  const programs = Object.keys(entryPoints) as Program[]
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
  const watching = await context({
    ...optionsOf(entryPoints, 'dist'),
    plugins: [
      {
        name: 'changes',
        setup: bundling =>
          bundling.onEnd(({ errors }) => {
            const programs = errors.length > 0 ? [] : changed()
            if (programs.length > 0) onChange(programs)
          }),
      },
    ],
  })
  await watching.watch()
  return () => watching.dispose()
}

if (process.argv[1]?.endsWith('build.ts')) await build()

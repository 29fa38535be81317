import { build as esbuild } from 'esbuild'

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
  await esbuild({
    entryPoints,
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  })
}

if (process.argv[1]?.endsWith('build.ts')) await build()

/**
 * Runs one bench: `npm run bench -- NAME`, `--json` for one line of JSON. A bench is a file bench/NAME.ts that exports
 * `run`, which may take arguments; every other folder and file here is a part of one.
 */
import { readdirSync } from 'node:fs'

/** What a bench measured, by name; units are in the names (`seal_mb_per_s`). */
export type Figures = Record<string, unknown>

interface Bench {
  run: (args: string[]) => Promise<Figures>
}

const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && file !== 'run.ts')
  .map(file => file.slice(0, -'.ts'.length))
const [name = '', ...rest] = process.argv.slice(2).filter(argument => argument !== '--json')
const bench: Bench | undefined = names.includes(name) ? await import(`./${name}.ts`) : undefined
if (!bench || (rest.length > 0 && bench.run.length === 0)) {
  console.error(`usage: npm run bench -- NAME [--json]\nNAME is one of: ${names.join(', ')}`)
  process.exit(1)
}

const figures = await bench.run(rest).catch((error: unknown) => {
  console.error(`The bench ${name} ended without figures: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
})
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ bench: name, ...figures }))
} else {
  const width = Math.max(...Object.keys(figures).map(key => key.length))
  for (const [key, value] of Object.entries(figures)) {
    console.log(`${key.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  }
}

// Plain JavaScript: under tsx, dependency-cruiser's swc parser finds no visitor.
import { cruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

/** The folders that run in production. */
export const product = ['schema', 'runtime', 'ledger', 'bff', 'cws', 'slicer', 'edge']

/** The folders that only a developer's machine and CI have. */
export const development = ['local', 'test', 'bench']

/**
 * Reads every import of these folders and applies the rules of .dependency-cruiser.cjs.
 * Throws when fewer than `fewest` modules were read: without its parser the cruise is empty, and breaks no rule.
 *
 * @param {string[]} folders
 * @param {number} fewest
 */
export async function cruiseImports(folders, fewest) {
  const options = await extractDepcruiseOptions('./.dependency-cruiser.cjs')
  const { output } = await cruise(folders, options, undefined, { tsConfig: extractTSConfig('tsconfig.json') })
  const { totalCruised } = output.summary
  if (totalCruised >= fewest) return output
  throw new Error(
    `Only ${totalCruised} modules were read, at least ${fewest} are expected. Run "npm ci" to install the parser.`,
  )
}

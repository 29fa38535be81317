import type { Context } from '../context.ts'
import type { Engine } from '../engines/engine.ts'

/** Names the engine, its version and this build of the slicer: another combination may make other G-code of the same model. */
export function madeBy({ build }: Pick<Context, 'build'>, { name, version }: Engine): string {
  return `${name} ${version} ${build}`
}

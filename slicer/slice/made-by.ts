import type { Context } from '../context.ts'
import type { Engine } from '../engines/engine.ts'

/** What made a slice. An engine of another version, or another build of this program, may make another one. */
export function madeBy({ build }: Pick<Context, 'build'>, { name, version }: Engine): string {
  return `${name} ${version} ${build}`
}

export { PlaceholderError } from './error.ts'
export { expand, type Surroundings } from './expand.ts'
export { type Budget, limits } from './limits.ts'
export { namesIn } from './names.ts'
export { parseTemplate } from './parse.ts'
export type { Template } from './tree.ts'
export {
  isVector,
  type Kind,
  type Kinds,
  type Lookup,
  type Scalar,
  type Value,
  type Variables,
  type Vector,
} from './value.ts'

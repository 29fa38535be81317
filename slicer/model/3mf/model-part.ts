/** Reads one model part of a 3MF file: its objects and its build items. Settings, colours and materials are not read. */
import { malformed, maxTriangles, maxVertices, tooManyTriangles, unsupported } from '../limits.ts'
import { floats, integers, type Numbers } from '../numbers.ts'
import type { Unit } from '../units.ts'
import { type Matrix, parseMatrix } from './matrix.ts'
import { readXml } from './xml.ts'

/** A reference to an object of this part, or of the part `path`. */
export interface Reference {
  path: string | null
  id: string
  transform: Matrix | null
}

export interface ObjectResource {
  /** "model", or a type that is not printed: "support", "solidsupport", "surface", "other". */
  type: string
  vertices: Numbers<Float32Array>
  triangles: Numbers<Uint32Array>
  components: Reference[]
}

export interface ModelPart {
  unit: Unit
  objects: Map<string, ObjectResource>
  /** The build's items. `isPrinted: false` was switched off in the program that wrote the file. */
  items: (Reference & { isPrinted: boolean })[]
  hasColours: boolean
}

/** The remaining numbers of triangles, vertices, references and elements, shared by all parts of a file. */
export interface Budget {
  triangles: number
  vertices: number
  references: number
  elements: number
}

export function newBudget(): Budget {
  const others = 500_000
  return {
    triangles: maxTriangles,
    vertices: maxVertices,
    references: 100_000,
    elements: maxTriangles + maxVertices + others,
  }
}

const core = 'http://schemas.microsoft.com/3dmanufacturing/core/2015/02'
/** Extensions that do not change the shape when they are skipped, and the production extension, whose paths are followed. */
const harmless = new Set(
  ['production/2015/06', 'material/2015/02', 'trianglesets/2021/07'].map(
    name => `http://schemas.microsoft.com/3dmanufacturing/${name}`,
  ),
)
const units: Record<string, Unit> = {
  micron: 'micron',
  millimeter: 'mm',
  centimeter: 'cm',
  inch: 'inch',
  foot: 'foot',
  meter: 'm',
}

type Attributes = Record<string, string>

/** Errors: stl_malformed, stl_too_many_triangles, model_format_unsupported, and those of `pieces`. */
export async function readModelPart(pieces: AsyncIterable<string>, name: string, budget: Budget): Promise<ModelPart> {
  const part: ModelPart = { unit: 'mm', objects: new Map(), items: [], hasColours: false }
  let prefix: string | undefined
  let object: ObjectResource | undefined

  function open(element: string, attributes: Attributes): void {
    if (prefix === undefined) {
      prefix = corePrefix(element, attributes)
      part.unit = unitOf(attributes.unit)
      return
    }
    if (!element.startsWith(prefix)) return
    switch (element.slice(prefix.length)) {
      case 'vertex':
        if (object) addVertex(object, attributes)
        return
      case 'triangle':
        if (object) addTriangle(object, attributes)
        return
      case 'object':
        object = addObject(attributes)
        return
      case 'component':
        object?.components.push(reference(attributes))
        return
      case 'item':
        part.items.push({ ...reference(attributes), isPrinted: !/^(0|false)$/.test(attributes.printable ?? '') })
    }
  }

  function addObject({ id = '', type = 'model', pid }: Attributes): ObjectResource {
    countReference()
    if (pid !== undefined) part.hasColours = true
    const added = { type, vertices: floats(maxVertices * 3), triangles: integers(maxTriangles * 3), components: [] }
    part.objects.set(id, added)
    return added
  }

  function addVertex({ vertices }: ObjectResource, { x, y, z }: Attributes): void {
    if (budget.vertices-- === 0) throw tooManyTriangles()
    vertices.push3(numberOf(x), numberOf(y), numberOf(z))
  }

  function addTriangle({ vertices, triangles }: ObjectResource, attributes: Attributes): void {
    if (budget.triangles-- === 0) throw tooManyTriangles()
    const count = vertices.count / 3
    triangles.push3(index(attributes.v1, count), index(attributes.v2, count), index(attributes.v3, count))
    if (attributes.pid !== undefined || attributes.paint_color !== undefined) part.hasColours = true
  }

  function reference(attributes: Attributes): Reference {
    countReference()
    const path = Object.entries(attributes).find(([key]) => key.endsWith(':path'))?.[1] ?? null
    const { objectid: id = '', transform } = attributes
    return { path, id, transform: transform === undefined ? null : parseMatrix(transform) }
  }

  function countReference(): void {
    if (budget.references-- === 0) throw malformed('The 3MF file has too many objects.')
  }

  await readXml(pieces, name, budget, {
    open,
    close: element => {
      if (prefix !== undefined && element === `${prefix}object`) object = undefined
    },
  })
  return part
}

/** Returns the prefix of the core namespace's elements with its colon, usually ''. Errors: stl_malformed, model_format_unsupported. */
function corePrefix(root: string, attributes: Attributes): string {
  const prefix = root.endsWith('model') ? root.slice(0, -'model'.length) : '?'
  if (attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`] !== core) {
    throw malformed('The 3MF file’s model part is not one of 3MF’s core specification.')
  }
  for (const extension of (attributes.requiredextensions ?? '').split(/\s+/).filter(Boolean)) {
    const namespace = attributes[`xmlns:${extension}`] ?? extension
    if (!harmless.has(namespace)) {
      throw unsupported(`The 3MF file needs an extension that is not supported: ${namespace.slice(0, 100)}.`)
    }
  }
  return prefix
}

function unitOf(text = ''): Unit {
  const name = text.trim().toLowerCase() || 'millimeter'
  const unit = Object.hasOwn(units, name) ? units[name] : undefined
  if (!unit) throw malformed(`The 3MF file's unit "${text.slice(0, 40)}" is unknown.`)
  return unit
}

function numberOf(text = ''): number {
  const value = Number(text)
  if (text.trim() !== '' && !Number.isNaN(value)) return value
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  throw malformed(`The 3MF file has "${text.slice(0, 40)}" where a coordinate should be.`)
}

function index(text = '', count: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value < count) return value
  throw malformed(`The 3MF file has a triangle of vertex "${text.slice(0, 40)}", which is not there.`)
}

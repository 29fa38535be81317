/** Reads the geometry of a 3MF file's build. */
import { malformed } from '../limits.ts'
import type { ParsedModel } from '../parsed-model.ts'
import { assemble, type Parts } from './assemble.ts'
import { type Budget, newBudget, readModelPart } from './model-part.ts'
import { openPackage, type Package, partName } from './package.ts'
import { readXml } from './xml.ts'

const maxModelParts = 1000

/**
 * Reads the objects of the build, placed by their transforms, from all model parts: Bambu Studio and OrcaSlicer write a part
 * for each object. Profiles, scripts and other settings in the file are never opened.
 * Errors: stl_empty, stl_malformed, stl_too_many_triangles, model_format_unsupported.
 */
export async function parse3mf(file: Buffer): Promise<ParsedModel> {
  const opened = await openPackage(file)
  const budget = newBudget()
  const root = await rootPart(opened, budget)
  const main = await readModelPart(opened.read(root), root, budget)
  const parts: Parts = new Map([[root, main]])
  const references = [...main.items, ...[...main.objects.values()].flatMap(object => object.components)]
  for (const { path } of references) {
    const name = path === null ? root : partName(path)
    if (parts.has(name)) continue
    if (parts.size === maxModelParts) throw malformed(`The 3MF file has more than ${maxModelParts} model parts.`)
    parts.set(name, await readModelPart(opened.read(name), name, budget))
  }
  const { positions, leftOut } = assemble(parts, root)
  return { format: '3mf', positions, unit: main.unit, repairs: repairsOf(opened, [...parts.values()], leftOut) }
}

/** Returns the name of the part that the package's relationships declare as its model. Errors: stl_malformed. */
async function rootPart(opened: Package, budget: Budget): Promise<string> {
  let target: string | undefined
  if (opened.names.includes('_rels/.rels')) {
    await readXml(opened.read('_rels/.rels'), '_rels/.rels', budget, {
      open: (name, { Type: type = '', Target: path }) => {
        if (name.endsWith('Relationship') && type.endsWith('/3dmodel')) target ??= path
      },
      close: () => {},
    })
  }
  const root = target === undefined ? opened.names.find(name => /^3d\/[^/]*\.model$/.test(name)) : partName(target)
  if (root === undefined)
    throw malformed('The file is a zip but not a 3MF file: no 3D model part is in it. Unpack it and publish the model.')
  return root
}

/** Bambu Studio and OrcaSlicer put the plates of a project side by side, and a picture or a list of each plate beside the model. */
function platesOf({ names }: Package): number {
  return new Set(names.flatMap(name => /^metadata\/plate_(\d+)\.(?:png|json|gcode)$/.exec(name)?.[1] ?? [])).size
}

function repairsOf(opened: Package, parts: { hasColours: boolean }[], leftOut: number): string[] {
  const repairs: string[] = []
  if (leftOut === 1) repairs.push('One object of the file is a support, or is not to be printed; it was left out.')
  if (leftOut > 1)
    repairs.push(`${leftOut} objects of the file are supports, or are not to be printed; they were left out.`)
  const plates = platesOf(opened)
  if (plates > 1) {
    repairs.push(
      `The project has ${plates} plates: the objects of all are one model here, side by side. Export each plate's objects to publish them apart.`,
    )
  }
  if (parts.some(part => part.hasColours)) repairs.push('Colours and materials are ignored.')
  if (opened.names.some(name => /^metadata\/.*(\.config|\.xml)$/.test(name))) {
    repairs.push('The settings in the 3MF file are ignored, also those that make a part a modifier or a hole.')
  }
  return repairs
}

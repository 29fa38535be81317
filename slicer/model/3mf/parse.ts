/** 3MF: the geometry that a file builds, and nothing else of it. */
import { malformed } from '../limits.ts'
import type { ParsedModel } from '../parsed-model.ts'
import { assemble, type Parts } from './assemble.ts'
import { type Budget, newBudget, readModelPart } from './model-part.ts'
import { openPackage, type Package, partName } from './package.ts'
import { readXml } from './xml.ts'

const maxModelParts = 1000

/**
 * Reads the objects that the file builds, in their places, also out of the parts of their own that Bambu Studio and
 * OrcaSlicer write. Profiles, scripts and other settings in the file are never opened.
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
  return { format: '3mf', positions, unit: main.unit, repairs: remarks(opened, [...parts.values()], leftOut) }
}

/** The part that the package's relations name as its model. */
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
    throw malformed('The file is a zip, and no 3MF: there is no model in it. Unpack it and publish the model.')
  return root
}

function remarks(opened: Package, parts: { hasColours: boolean }[], leftOut: number): string[] {
  const told: string[] = []
  if (leftOut === 1) told.push('One object of the file is a support, or is not to be printed; it was left out.')
  if (leftOut > 1)
    told.push(`${leftOut} objects of the file are supports, or are not to be printed; they were left out.`)
  if (parts.some(part => part.hasColours)) told.push('Colours and materials are ignored.')
  if (opened.names.some(name => /^metadata\/.*(\.config|\.xml)$/.test(name))) {
    told.push('The settings in the 3MF file are ignored, also those that make a part a modifier or a hole.')
  }
  return told
}

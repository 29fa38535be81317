/** Makes 3MF files. */
import type { Triangle } from './models.ts'
import { type ZipEntry, zipOf } from './zip.ts'

export const core = 'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"'
export const production = 'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06"'

/** An object element with these triangles. */
export function meshObject(id: number, triangles: readonly Triangle[], attributes = ''): string {
  const vertices = triangles.flat().map(([x, y, z]) => `<vertex x="${x}" y="${y}" z="${z}"/>`)
  const corners = triangles.map((_, at) => `<triangle v1="${3 * at}" v2="${3 * at + 1}" v3="${3 * at + 2}"/>`)
  const mesh = `<mesh><vertices>${vertices.join('')}</vertices><triangles>${corners.join('')}</triangles></mesh>`
  return `<object id="${id}" ${attributes}>${mesh}</object>`
}

/** A model part; `more` are attributes of its root. */
export function modelPart(objects: string, build: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<model ${core} ${more}><metadata name="Title">a name</metadata><resources>${objects}</resources><build>${build}</build></model>`
}

/** A file with this root part and other entries. */
export function threemf(model: string | Buffer, others: ZipEntry[] = []): Buffer {
  const type = 'http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel'
  return zipOf([
    { name: '[Content_Types].xml', content: '<Types/>' },
    {
      name: '_rels/.rels',
      content: `<Relationships><Relationship Target="/3D/model.model" Id="r" Type="${type}"/></Relationships>`,
    },
    { name: '3D/model.model', content: model },
    ...others,
  ])
}

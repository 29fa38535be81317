// Draws docs/imports.svg: each part of the product with its folders, and the imports inside a part and between parts.
import { writeFileSync } from 'node:fs'
import { instance } from '@viz-js/viz'
import { cruiseImports, product } from './cruise.mjs'

const { modules } = await cruiseImports(product, 300)
const folders = new Map(product.map(part => [part, new Set()]))
const inside = new Set()
const between = new Set()

for (const { source, dependencies } of modules.filter(isOurs)) {
  const from = placeOf(source)
  folders.get(from.part).add(from.folder)
  for (const { resolved } of dependencies.filter(({ resolved }) => isOurs({ source: resolved }))) {
    const to = placeOf(resolved)
    if (from.part !== to.part) between.add(`${from.part} ${to.part}`)
    else if (from.folder !== to.folder) inside.add(`${from.folder} ${to.folder}`)
  }
}

const viz = await instance()
writeFileSync('docs/imports.svg', viz.renderString(drawing(), { format: 'svg' }))
console.log('docs/imports.svg is written.')

function isOurs({ source }) {
  return product.includes(source.split('/')[0])
}

/** `bff/services/print-job/claim.ts` is in folder `bff/services` of part `bff`; `bff/app.ts` in the part's own folder. */
function placeOf(path) {
  const [part, ...rest] = path.split('/')
  return { part, folder: rest.length > 1 ? `${part}/${rest[0]}` : part }
}

function drawing() {
  const clusters = [...folders].map(([part, names]) => {
    const nodes = [...names].sort().map(name => `"${name}" [label="${name === part ? `${part}/*.ts` : name}"]`)
    return `subgraph "cluster_${part}" { label="${part}"; ${nodes.join('; ')} }`
  })
  const bold = [...between].sort().map(pair => {
    const [from, to] = pair.split(' ')
    const ends = `ltail="cluster_${from}", lhead="cluster_${to}"`
    return `"${anyOf(from)}" -> "${anyOf(to)}" [${ends}, penwidth=2, color="#1565c0"]`
  })
  const fine = [...inside].sort().map(pair => `"${pair.split(' ').join('" -> "')}" [color="#888888"]`)
  const style = [
    'graph [compound=true, rankdir=TB, ranksep=0.7, nodesep=0.15, fontname="Helvetica", fontsize=14, style=rounded, bgcolor=white]',
    'node [shape=box, style="rounded,filled", fillcolor="#f5f5f5", fontname="Helvetica", fontsize=10, height=0.3]',
    'edge [arrowsize=0.6]',
  ]
  return `digraph imports { ${[...style, ...clusters, ...fine, ...bold].join('\n')} }`
}

function anyOf(part) {
  return [...folders.get(part)].sort()[0]
}

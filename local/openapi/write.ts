import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeApis } from './describe.ts'

const folder = 'docs/openapi'
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(describeApis())) {
  writeFileSync(join(folder, name), text)
  console.log(`wrote ${join(folder, name)}`)
}

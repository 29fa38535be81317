import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  repository: z.union([z.string(), z.object({ url: z.string() })]).optional(),
})

const licenceFile = /^(licen[cs]e|copying|notice)(\.|-|$)/i

/** The text of THIRD-PARTY-LICENSES: each package with its licence and notices. Throws when a package names no licence. */
export function thirdPartyLicences(folders: string[], runtime: { version: string; licence: string } | null): string {
  const packages = folders.map(describePackage)
  if (runtime)
    packages.push(section(`Node.js ${runtime.version}`, 'see below', 'https://nodejs.org', [runtime.licence]))
  return `LMNT contains the following software of others.\n\n${packages.join('\n')}`
}

function describePackage(folder: string): string {
  const parsed = packageSchema.safeParse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  if (!parsed.success)
    throw new Error(`The package in ${folder} names no licence. Look for it, or replace the package.`)
  const { name, version, license, repository } = parsed.data
  const texts = readdirSync(folder)
    .filter(file => licenceFile.test(file))
    .sort()
    .map(file => readFileSync(join(folder, file), 'utf8'))
  const source = typeof repository === 'object' ? repository.url : repository
  return section(`${name} ${version}`, license, source ?? `the npm package ${name}`, texts)
}

function section(title: string, licence: string, source: string, texts: string[]): string {
  const line = '='.repeat(80)
  const body = texts.map(text => `\n${text.replaceAll('\r\n', '\n').trim()}\n`).join('')
  return `${line}\n${title}\nLicence: ${licence}\nSource: ${source}\n${body}`
}

import { parseArgs } from 'node:util'
import { type Architecture, architectures } from './runtime.ts'

export const usage = `usage: npm run release -- [--arch arm64|armv7l|x64]... [--out DIR] [--key FILE] [--no-runtime] [--repo OWNER/NAME]
  --arch        an architecture; all three by default
  --out         the folder of the archives; dist/release by default
  --key         an SSH private key (ssh-keygen -t ed25519) that signs SHA256SUMS; without it the release is unsigned
  --no-runtime  leave out Node, for a host that has Node 20.11 or newer
  --repo        the GitHub repository whose releases Moonraker asks for updates; lmnt-marketplace/lmnt-edge by default`

export interface ReleaseOptions {
  architectures: Architecture[]
  out: string
  key: string | null
  hasRuntime: boolean
  repository: { owner: string; name: string }
}

/** Null when the usage is asked for. Throws with the usage when the arguments are wrong. */
export function readOptions(args: string[]): ReleaseOptions | null {
  const { values } = parse(args)
  if (values.help) return null
  const unknown = values.arch.find(name => !(name in architectures))
  if (unknown !== undefined) throw new Error(`There is no architecture "${unknown}".\n${usage}`)
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(values.repo) ?? []
  if (!owner || !name) throw new Error(`--repo must be OWNER/NAME.\n${usage}`)
  return {
    architectures: [...new Set(values.arch as Architecture[])],
    out: values.out,
    key: values.key ?? null,
    hasRuntime: !values['no-runtime'],
    repository: { owner, name },
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        arch: { type: 'string', multiple: true, default: Object.keys(architectures) },
        out: { type: 'string', default: 'dist/release' },
        key: { type: 'string' },
        'no-runtime': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        repo: { type: 'string', default: 'lmnt-marketplace/lmnt-edge' },
      },
    })
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}

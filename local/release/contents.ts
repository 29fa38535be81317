import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../../edge/version.ts'
import type { EdgeBundle } from './bundle.ts'
import { checksums } from './checksums.ts'
import { thirdPartyLicences } from './licences.ts'
import type { ReleaseOptions } from './options.ts'
import type { Architecture, Runtime } from './runtime.ts'
import type { ArchiveFile } from './zip.ts'

/** Files and folders of the repository, by their place in an archive. The page (dist/ui) is built before. */
const copied = {
  'install.sh': 'install.sh',
  installer: 'installer',
  'lmnt-edge': 'edge/lmnt-edge',
  'lmnt-edge.cfg': 'edge/lmnt-edge.cfg',
  'klipper/lmnt_stream': 'edge/klipper/lmnt_stream',
  'moonraker_component/lmnt_marketplace.py': 'edge/moonraker_component/lmnt_marketplace.py',
  systemd: 'systemd',
  ui: 'dist/ui',
  LICENSE: 'LICENSE',
}

const leftOut = /(^|\/)(__pycache__|README\.md|kiauh)(\/|$)/

export const assetName = (architecture: Architecture) => `lmnt-edge-${architecture}.zip`

/** The files of one architecture's archive. `runtime` is null for a host that has a Node of its own. */
export function releaseFiles(
  architecture: Architecture,
  { repository }: Pick<ReleaseOptions, 'repository'>,
  bundle: EdgeBundle,
  runtime: Runtime | null,
): ArchiveFile[] {
  // What Moonraker's updater reads: it takes the release's asset of this name.
  const info = {
    project_name: repository.name,
    project_owner: repository.owner,
    version: `v${version}`,
    asset_name: assetName(architecture),
  }
  const files = [
    ...Object.entries(copied).flatMap(([path, source]) => copy(source, path)),
    ...bundle.files.map(({ path, content }) => file(path, content)),
    file('release_info.json', `${JSON.stringify(info, null, 2)}\n`),
    file('THIRD-PARTY-LICENSES', thirdPartyLicences(bundle.packages, runtime)),
    ...(runtime ? [file('runtime/node', runtime.node, 0o755)] : []),
  ]
  return [...files, file('SHA256SUMS', checksums(files))]
}

function file(path: string, content: Buffer | string, mode = 0o644): ArchiveFile {
  return { path, content: Buffer.from(content), mode }
}

/** A file, or all files of a folder. Of a file's mode only whether it can be executed is kept: the rest is the checkout's umask. */
function copy(source: string, path: string): ArchiveFile[] {
  if (leftOut.test(source)) return []
  const stat = statSync(source)
  if (stat.isDirectory()) return readdirSync(source).flatMap(name => copy(join(source, name), `${path}/${name}`))
  return [file(path, readFileSync(source), stat.mode & 0o100 ? 0o755 : 0o644)]
}

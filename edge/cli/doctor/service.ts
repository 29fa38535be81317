import { spawnSync } from 'node:child_process'
import type { ServiceFacts } from './facts.ts'

/** What systemd says about lmnt-edge.service; null on a host without systemd. */
export function readService(): ServiceFacts | null {
  const fields = ['LoadState', 'ActiveState', 'UnitFileState'].flatMap(field => ['--property', field])
  const { status, stdout } = spawnSync('systemctl', ['show', 'lmnt-edge.service', ...fields], { encoding: 'utf8' })
  if (status !== 0) return null
  const of = (field: string) => new RegExp(`^${field}=(.*)$`, 'm').exec(stdout)?.[1] ?? ''
  return {
    isInstalled: of('LoadState') === 'loaded',
    isEnabled: of('UnitFileState') === 'enabled',
    state: of('ActiveState'),
  }
}

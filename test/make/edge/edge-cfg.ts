import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { type EdgeSetup, readSetup } from '../../../edge/config/read.ts'
import { ConfigError } from '../../../runtime/config.ts'

/** The one option that lmnt-edge.cfg needs. */
export const market = '[edge]\nmarketplace_url: https://marketplace.example\n'

/** A lmnt-edge.cfg in a temporary folder, beside an empty home folder. */
export function makeEdgeCfg() {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-cfg-'))
  const home = join(dir, 'home')
  const file = join(dir, 'config', 'lmnt-edge.cfg')
  mkdirSync(dirname(file))

  function read(text: string | Buffer): EdgeSetup {
    writeFileSync(file, text)
    return readSetup(file, home)
  }

  /** The lines of the refusal, without its heading. */
  function wrong(text: string | Buffer): string[] {
    try {
      read(text)
    } catch (error) {
      assert.instance(error, ConfigError)
      const [heading, ...lines] = (error as Error).message.split('\n')
      assert.ok(heading?.startsWith(file) && heading.endsWith('cannot be used:'), heading)
      return lines.map(line => line.trim())
    }
    throw new Error('it was accepted')
  }

  return { dir, home, file, read, wrong, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

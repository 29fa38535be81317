/** The bundle on the Node that an archive carries for a printer's host with an ARM processor, which QEMU stands for. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startMeasuredEdge } from '../../../bench/edge/start.ts'
import { gcodeOfMb } from '../../../bench/gcode/job.ts'
import { type Architecture, readRuntime } from '../../../local/release/runtime.ts'
import { eventually } from '../../make/eventually.ts'

const hosts: { architecture: Architecture; qemu: string; libraries: string }[] = [
  { architecture: 'arm64', qemu: 'qemu-aarch64', libraries: '/usr/aarch64-linux-gnu' },
  { architecture: 'armv7l', qemu: 'qemu-arm', libraries: '/usr/arm-linux-gnueabihf' },
]

const tests = suite('the release on a host with an ARM processor')

const folder = mkdtempSync(join(tmpdir(), 'lmnt-arm-'))
tests.after(() => rmSync(folder, { recursive: true }))

for (const { architecture, qemu, libraries } of hosts) {
  const isThere = spawnSync(qemu, ['--version']).status === 0
  const test = isThere ? tests : tests.skip
  test(`${architecture}: it registers and prints`, async () => {
    const program = join(folder, architecture)
    writeFileSync(program, readRuntime(architecture, '.lmnt/runtimes').node, { mode: 0o755 })
    const node = join(folder, `node-${architecture}`)
    writeFileSync(node, `#!/bin/sh\nexec ${qemu} -L ${libraries} ${program} "$@"\n`, { mode: 0o755 })
    const edge = await startMeasuredEdge({ printer: 'virtual', node })
    try {
      const job = await edge.market.add(gcodeOfMb(0.1))
      const report = await eventually('the report', () => job.reports[0], 120_000)
      assert.is(report.status, 'success', JSON.stringify(report))
    } finally {
      await edge.close()
    }
  })
}

tests.run()

/**
 * The whole chain with many printers that print at once, on one machine: marketplace, CWS, slicer, doubles, virtual printers, and one edge
 * that serves them all. Each printer's purchase is sliced for it first. Then one printer prints alone, and all of them together: how
 * long after the order each begins, how close each comes to the speed that it was set to, and what the edge takes for a printer.
 * `--printers N`, `--lines-per-second N` of each.
 */
import { parseArgs } from 'node:util'
import { build } from '../local/build.ts'
import { ensureFunds, publish, signIn } from '../local/demo/market.ts'
import { ensureProfile } from '../local/demo/print.ts'
import { lastRun } from '../local/demo/printer.ts'
import { people, readSample, sampleProfile } from '../local/demo/sample.ts'
import { at, instance } from '../local/stack/environments.ts'
import type { Ports } from '../local/stack/ports.ts'
import { binaryStl, box } from '../test/make/slicer/models.ts'
import { makeStack } from '../test/make/stack.ts'
import { makeReady, type ReadyPrinter, type Shop } from './chain/printer.ts'
import { cpuClock } from './klippy/cpu-clock.ts'
import { memoryMb } from './report/memory.ts'
import type { Figures } from './report/result.ts'
import { median, percentile, round } from './report/statistics.ts'

const { metadata } = readSample(undefined)
const sample = { metadata: { ...metadata, title: 'Box' }, file: binaryStl(box(20, 20, 4)), fileName: 'box.stl' }

export async function run(args: string[]): Promise<Figures> {
  const options = {
    printers: { type: 'string', default: '30' },
    'lines-per-second': { type: 'string', default: '500' },
  } as const
  const { values } = parseArgs({ args, options })
  const [count, speed] = [Number(values.printers), Number(values['lines-per-second'])]
  await build()
  const enough = String(count)
  const limits = { PASSWORD_COST: '1', PRINTERS_LIMIT: enough, PRINTERS_PER_DAY: enough }
  const world = await makeStack({ printers: count, isEdgeShared: true, linesPerSecond: speed, env: { bff: limits } })
  const { stack, fund } = world
  const ready: ReadyPrinter[] = []
  try {
    const designer = await signIn(stack.urls.bff, people.designer)
    const enthusiast = await signIn(stack.urls.bff, people.enthusiast)
    const shop: Shop = {
      ...enthusiast,
      model: await publish(designer.api, sample),
      profileId: (await ensureProfile(enthusiast.api, sampleProfile)).print_profile_id,
    }
    for (let index = 0; index < count; index++) {
      await ensureFunds(enthusiast.api, fund)
      ready.push(await makeReady(shop, at(stack.ports[instance('printer', index) as keyof Ports] as number)))
    }
    const edge = stack.pids().edge!
    const idleMb = memoryMb(edge, 'VmRSS')
    const alone = await ready[0]!.print()
    const cpu = cpuClock(String(edge))
    const [began, before] = [performance.now(), cpu()]
    const together = await Promise.all(ready.map(({ print }) => print()))
    const seconds = (performance.now() - began) / 1000
    const { lines } = await lastRun(ready[0]!.printer)
    const started = together.map(({ startedS }) => startedS)
    const speeds = together.map(({ startedS, endedS }) => lines / (endedS - startedS))
    return {
      printers: count,
      started_alone_seconds: round(alone.startedS, 2),
      started_p50_seconds: round(median(started), 2),
      started_p99_seconds: round(percentile(started, 99), 2),
      lines_each: lines,
      wanted_lines_per_s: speed,
      alone_lines_per_s: round(lines / (alone.endedS - alone.startedS), 1),
      together_lines_per_s: round(median(speeds), 1),
      slowest_lines_per_s: round(Math.min(...speeds), 1),
      edge_idle_rss_mb: Math.round(idleMb),
      edge_peak_rss_mb: Math.round(memoryMb(edge, 'VmHWM')),
      edge_cpu_percent_each: round(((cpu() - before) / seconds / count) * 100, 2),
    }
  } finally {
    for (const { printer } of ready) printer.close()
    await world.close()
  }
}

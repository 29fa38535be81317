/** The ways of a program that sends the lines itself, by Moonraker's printer.gcode.script. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import type { PrinterClient } from '../../test/make/edge/printer-client.ts'
import type { Rate } from '../klippy/rate.ts'

export interface ScriptWay {
  /** Lines in one call. */
  batch: number
  sleepMs: number
}

export const scriptWays = {
  script_per_line: { batch: 1, sleepMs: 0 },
  script_per_line_and_sleep: { batch: 1, sleepMs: 1 },
  script_of_50_lines: { batch: 50, sleepMs: 0 },
} satisfies Record<string, ScriptWay>

/** Sends calls one after the other for so many seconds, from the first line on. */
export async function rateOfScripts(
  client: PrinterClient,
  cpu: () => number,
  gcode: MadeGcode,
  { batch, sleepMs }: ScriptWay,
  seconds: number,
): Promise<Rate> {
  const lines = gcode.text.trimEnd().split('\n')
  const began = performance.now()
  const before = cpu()
  let sent = 0
  while (performance.now() - began < seconds * 1000) {
    const at = sent % lines.length
    const part = lines.slice(at, at + batch)
    await client.call('printer.gcode.script', { script: part.join('\n') })
    sent += part.length
    if (sleepMs > 0) await sleep(sleepMs)
  }
  return { perSecond: sent / ((performance.now() - began) / 1000), perCpuSecond: sent / (cpu() - before) }
}

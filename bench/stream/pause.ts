/** How long a person waits for PAUSE while lines run: from the call to Klipper's answer, in milliseconds. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MadeGcode } from '../../test/make/edge/gcode.ts'
import type { PrinterClient } from '../../test/make/edge/printer-client.ts'
import { untilPrinting } from '../klippy/rate.ts'
import type { StartPrint } from './prints.ts'
import { rateOfScripts, type ScriptWay } from './scripts.ts'

/** Between two pauses; odd, so that they meet different moments of Klippy's loop. */
const betweenMs = 137

/** Pauses and resumes one print `times` times, then cancels it; fewer times when the print is over before. */
export async function pausesOfPrint(
  client: PrinterClient,
  start: StartPrint,
  gcode: MadeGcode,
  times: number,
): Promise<number[]> {
  const print = await start(gcode)
  await untilPrinting(client, gcode)
  const waits: number[] = []
  for (let at = 0; at < times; at++) {
    if (at > 0) {
      await client.call('printer.print.resume')
      await sleep(betweenMs)
    }
    const wait = await timed(() => client.call('printer.print.pause'))
    if ((await client.printStats()).state !== 'paused') {
      await print.ended('success')
      if (waits.length === 0) throw new Error('The print was over before its first PAUSE: give it more --seconds.')
      return waits
    }
    waits.push(wait)
  }
  await client.call('printer.print.cancel')
  await print.ended('cancelled')
  return waits
}

/** PAUSE as a second caller beside the program that sends the lines. */
export async function pausesOfScripts(
  client: PrinterClient,
  cpu: () => number,
  gcode: MadeGcode,
  way: ScriptWay,
  times: number,
): Promise<number[]> {
  const sending = rateOfScripts(client, cpu, gcode, way, ((times + 1) * betweenMs * 2) / 1000)
  const waits: number[] = []
  for (let at = 0; at < times; at++) {
    await sleep(betweenMs)
    waits.push(await timed(() => client.call('printer.print.pause')))
    await client.call('printer.print.resume')
  }
  await sending
  return waits
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

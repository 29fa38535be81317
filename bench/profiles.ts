/**
 * How many machines of a slicer's own profiles the marketplace takes: stored as they are, understood, their G-code printed
 * as by another evaluator, and a gear wheel sliced with them whose G-code passes the output check.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { profileMaxBytes, profileRequest } from '../schema/http/profiles.ts'
import { readProfile } from '../slicer/profiles/profile.ts'
import { type Machine, machinesFile, readMachines } from '../test/make/slicer/machines.ts'
import { differencesOf, sharedValues } from './profiles/expansions.ts'
import { messageOf, sliceForEach } from './profiles/slicing.ts'
import type { Figures } from './report/result.ts'

export async function run(args: string[]): Promise<Figures> {
  const { values: options } = parseArgs({
    args,
    options: { file: { type: 'string', default: machinesFile }, 'no-slice': { type: 'boolean', default: false } },
  })
  const machines = readMachines(options.file)
  const stored = await passing(machines, 'not stored', machine => messageOf(() => store(machine)))
  const accepted = await passing(stored, 'not understood', machine => messageOf(() => readProfile(machine.profile)))
  // A file of few machines leaves out more than one of many.
  const others = existsSync(machinesFile) ? readMachines(machinesFile) : []
  const shared = new Map([...sharedValues(others), ...sharedValues(machines)])
  const equal = await passing(machines, 'G-code differs', machine => differenceText(machine, shared))
  const sliced = options['no-slice'] ? null : await slice(accepted)
  return {
    stored: stored.length,
    accepted: accepted.length,
    expanded_equal: equal.length,
    sliced,
    of: machines.length,
  }
}

/** The machines without a reason against them; the reasons are printed. */
async function passing(
  machines: readonly Machine[],
  what: string,
  reasonOf: (machine: Machine) => Promise<string | null> | string | null,
): Promise<Machine[]> {
  const passed: Machine[] = []
  for (const machine of machines) {
    const reason = await reasonOf(machine)
    if (reason === null) passed.push(machine)
    else say(machine, what, reason)
  }
  return passed
}

function say({ vendor, name }: Machine, what: string, reason: string): void {
  console.error(`${vendor} / ${name}: ${what}: ${reason}`)
}

function store({ name, profile }: Machine): void {
  const body = { name: name.slice(0, 120), ...profile }
  const size = Buffer.byteLength(JSON.stringify(body))
  if (size > profileMaxBytes) throw new Error(`${size} bytes, of at most ${profileMaxBytes}`)
  profileRequest.parse(body)
}

function differenceText(machine: Machine, shared: ReturnType<typeof sharedValues>): string | null {
  const differences = differencesOf(machine, shared).map(
    ({ field, expected, actual }) => `${field}\n  expected: ${expected}\n  actual:   ${actual}`,
  )
  return differences.length > 0 ? differences.join('\n') : null
}

/** How many are sliced. */
async function slice(machines: readonly Machine[]): Promise<number> {
  let done = 0
  let sliced = 0
  await sliceForEach(machines, (machine, refusal) => {
    done++
    if (refusal === null) sliced++
    else say(machine, 'not sliced', refusal)
    if (done % 10 === 0 || done === machines.length) console.error(`sliced ${sliced} of the first ${done}`)
  })
  return sliced
}

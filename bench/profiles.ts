/**
 * How many machines of a slicer's own profiles the marketplace takes: stored as they are, understood, their G-code printed
 * as by another evaluator, and a gear wheel sliced with them whose G-code passes the output check.
 */
import { parseArgs } from 'node:util'
import { profileMaxBytes, profileRequest } from '../schema/http/profiles.ts'
import { readProfile } from '../slicer/profiles/profile.ts'
import { type Machine, machinesFile, readMachines } from '../test/make/slicer/machines.ts'
import { differencesOf, sharedValues } from './profiles/expansions.ts'
import { messageOf, refusalsOf } from './profiles/slicing.ts'
import type { Figures } from './run.ts'

export async function run(args: string[]): Promise<Figures> {
  const { values: options } = parseArgs({
    args,
    options: { file: { type: 'string', default: machinesFile }, 'no-slice': { type: 'boolean', default: false } },
  })
  const machines = readMachines(options.file)
  const stored = await passing(machines, 'not stored', machine => messageOf(() => store(machine)))
  const accepted = await passing(stored, 'not understood', machine => messageOf(() => readProfile(machine.profile)))
  const shared = sharedValues(machines)
  const equal = await passing(machines, 'G-code differs', machine => differenceText(machine, shared))
  const sliced = options['no-slice'] ? null : await slice(accepted)
  return {
    stored: stored.length,
    accepted: accepted.length,
    expanded_equal: equal.length,
    sliced: sliced?.length ?? null,
    of: machines.length,
  }
}

/** The machines without a reason against them; the reasons are printed. */
async function passing(
  machines: readonly Machine[],
  what: string,
  reasonOf: (machine: Machine, i: number) => Promise<string | null> | string | null,
): Promise<Machine[]> {
  const passed: Machine[] = []
  for (const [i, machine] of machines.entries()) {
    const reason = await reasonOf(machine, i)
    if (reason === null) passed.push(machine)
    else console.error(`${machine.vendor} / ${machine.name}: ${what}: ${reason}`)
  }
  return passed
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

async function slice(machines: readonly Machine[]): Promise<Machine[]> {
  let done = 0
  const refusals = await refusalsOf(machines, () => {
    done++
    if (done % 10 === 0 || done === machines.length) console.error(`sliced ${done} of ${machines.length}`)
  })
  return passing(machines, 'not sliced', (_, i) => refusals[i] ?? null)
}

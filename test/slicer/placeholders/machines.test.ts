// The G-code of machines as OrcaSlicer ships them, against what another evaluator made of it.
import assert from 'node:assert/strict'
import { test } from 'uvu'
import { differencesOf, sharedValues } from '../../../bench/profiles/expansions.ts'
import { machinesFile, readMachines } from '../../make/slicer/machines.ts'

test("the G-code of all machines prints as another evaluator's", () => {
  const machines = readMachines(machinesFile)
  assert.equal(machines.length, 394)
  const shared = sharedValues(machines)
  for (const machine of machines) assert.deepEqual(differencesOf(machine, shared), [], machine.name)
  assert.ok(machines.flatMap(machine => Object.keys(machine.expanded)).length > 1500)
})

test.run()

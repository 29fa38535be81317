import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { cloud } from '../../local/stack/cloud.ts'
import { instance } from '../../local/stack/environments.ts'
import { spoilCache } from './cached-slices.ts'
import type { Fault, PlannedFault, Victim } from './fault-plan.ts'
import { printerCount, type World } from './world.ts'

/** Injects the planned fault at its time. `expiry` becomes false when no person outlasts a slice. */
export async function inject(
  world: World,
  { atMs, after, fault }: PlannedFault,
  expiry: Promise<boolean>,
): Promise<void> {
  if (after === 'expiry' && !(await expiry)) return
  await sleep(atMs)
  await injectors[fault.kind](world, fault as never)
}

const injectors: { [K in Fault['kind']]: (world: World, fault: Extract<Fault, { kind: K }>) => Promise<void> | void } =
  {
    kill: (world, { victim }) => kill(world, victim),
    'kill-at-work'(world, { front, path, victim, ms }) {
      const then = async (index: number) => {
        await sleep(ms)
        kill(
          world,
          victim === 'instance' ? (instance(front, index) as Victim) : victim,
          `, ${ms} ms into ${path || 'a call'}`,
        )
      }
      world.fronts[front].arm({ twist: 'pass', path, times: 1, ms: 0, then })
    },
    // The trace records it when it takes effect.
    http: ({ fronts }, { front, ...fault }) => fronts[front].arm(fault),
    google({ stack, trace }, { fault, times }) {
      stack.doubles.google.tell({ [fault]: times })
      trace.fault(`google: ${fault} ${times}`)
    },
    async 'storage-slow'({ stack, trace }, { ms, forMs }) {
      stack.doubles.google.tell({ storageDelayMs: ms })
      trace.fault(`google: storageDelayMs ${ms} for ${forMs} ms`)
      await sleep(forMs)
      stack.doubles.google.tell({ storageDelayMs: 0 })
    },
    async cache(world, { how }) {
      world.trace.fault(`cached slices ${how}: ${await spoilCache(world, how)}`)
    },
    async poison({ queues, trace }, { topic, text }) {
      await queues.topic(`${cloud.environment}-${topic}`).publishMessage({ data: Buffer.from(text) })
      trace.fault(`${topic}: ${text}`)
    },
    ledger({ stack, trace }, { fault, times }) {
      stack.doubles.hedera.tell({ [fault]: times })
      trace.fault(`ledger: ${fault} ${times}`)
    },
    async 'ledger-slow'({ stack, trace }, { fault, ms, forMs }) {
      stack.doubles.hedera.tell({ [fault]: ms })
      trace.fault(`ledger: ${fault} ${ms} for ${forMs} ms`)
      await sleep(forMs)
      stack.doubles.hedera.tell({ [fault]: 0 })
    },
    async 'disk-full'({ fullDisk, trace }, { edge, forMs }) {
      writeFileSync(fullDisk(edge), '')
      trace.fault(`disk of edge ${edge + 1} full for ${forMs} ms`)
      await sleep(forMs)
      rmSync(fullDisk(edge), { force: true })
    },
    async printer({ printers, trace }, { printer, how, line }) {
      await printers[printer]!.call('virtual_printer.fail', { line, how })
      trace.fault(`printer ${printer + 1}: ${how} at line ${line}`)
    },
    async moonraker({ printers, trace }, { printer }) {
      await printers[printer]!.call('virtual_printer.drop_connections')
      trace.fault(`printer ${printer + 1}: Moonraker drops its connections`)
    },
  }

function kill({ stack, trace }: World, victim: Victim, when = ''): void {
  const pid = stack.pids()[victim]
  if (!pid) return
  try {
    process.kill(pid, 'SIGKILL')
    trace.fault(`kill -9 ${victim}${when}`)
  } catch {
    trace.note(`${victim} is down already`)
  }
}

/** Ends all faults, and restarts printers that have stopped. */
export async function calm({ stack, fronts, printers, fullDisk }: World): Promise<void> {
  for (const front of Object.values(fronts)) front.calm()
  stack.doubles.google.tell({
    ...{ deliveriesToDouble: 0, pushAnswersToDrop: 0, uploadsToCut: 0, downloadsToCut: 0 },
    ...{ storageRequestsToRefuse: 0, copyAnswersToDrop: 0, storageDelayMs: 0 },
  })
  const ledger = { submissionsToRefuse: 0, busyAnswers: 0, answersToLose: 0, answerDelayMs: 0, mirrorLagMs: 0 }
  stack.doubles.hedera.tell(ledger)
  for (let edge = 0; edge < printerCount; edge++) rmSync(fullDisk(edge), { force: true })
  for (const printer of printers) {
    await printer.call('virtual_printer.clear')
    await printer.call('virtual_printer.set_speed', { lines_per_second: 0 })
    const { klippy_state } = await printer.call<{ klippy_state: string }>('server.info')
    if (klippy_state === 'shutdown') await printer.call('printer.firmware_restart')
  }
}

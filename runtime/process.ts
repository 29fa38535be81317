import { forbidCoreDumps } from './core-dumps.ts'
import { createLog } from './log.ts'

// Cloud Run kills the process ten seconds after SIGTERM.
const shutdownMs = 9700

/**
 * Calls `stop` once at SIGTERM or SIGINT, then exits: after 9.7 s even if `stop` has not ended, and at once at a second signal. The
 * loss of a parent's IPC channel counts as a SIGTERM, so that no service outlives a killed launcher.
 */
export function onShutdown(stop: () => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (isStopping ? process.exit(1) : begin()))
  }
  process.off('disconnect', exitAtOnce)
  endWithLauncher(begin)

  function begin(): void {
    if (isStopping) return
    isStopping = true
    setTimeout(() => {
      console.error(`not stopped within ${shutdownMs / 1000} s: exiting with work in progress`)
      process.exit(1)
    }, shutdownMs).unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
}

/**
 * Runs a process's main function, with core dumps disabled. A ConfigError is printed as its message, another error with its stack.
 * An unhandled error, such as one from a library's emitter or background promise, is logged for `service` and ends the process.
 */
export function run(service: string, main: () => Promise<void>): void {
  process.on('uncaughtException', (error: unknown, origin) => {
    const err = error instanceof Error ? error : new Error(String(error))
    createLog(service).error({ err, origin }, 'unhandled error: the process exits')
    process.exit(1)
  })
  // Before onShutdown is called there is nothing to close: exit at once.
  endWithLauncher(exitAtOnce)
  if (!forbidCoreDumps()) {
    console.error('Core dumps are enabled: prlimit (util-linux) is missing. Set "ulimit -c 0" or LimitCORE=0.')
  }
  main().catch((error: unknown) => {
    const text = error instanceof Error && error.constructor.name === 'ConfigError' ? error.message : error
    console.error(text)
    process.exit(1)
  })
}

function exitAtOnce(): void {
  process.exit(1)
}

/** Calls `end` when the IPC channel of the parent is closed, also if that has happened already. */
function endWithLauncher(end: () => void): void {
  if (!process.send) return
  if (process.connected) {
    process.once('disconnect', end)
    process.channel?.unref()
  } else {
    end()
  }
}

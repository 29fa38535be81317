const ends = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const

/**
 * Resolves when this process is told to end, or its parent (local/run.mjs) was killed. A further signal changes nothing: it would end
 * this process while it stops the others, and leave the database running.
 */
export function untilInterrupted(): Promise<'interrupted'> {
  return new Promise(resolve => {
    for (const end of ends) process.on(end, () => resolve('interrupted'))
  })
}

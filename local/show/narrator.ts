/** Tells a person what happens: one line a step, with its time; on a terminal the line moves while the step runs. */
export interface Narrator {
  say: (text: string) => void
  /** Runs a step; `note` changes what its line says meanwhile, the returned text ends it. */
  step: <T>(
    title: string,
    work: (note: (text: string) => void) => Promise<T>,
    sum?: (result: T) => string,
  ) => Promise<T>
}

const titleWidth = 34

export function createNarrator(out: NodeJS.WriteStream, clock: () => number): Narrator {
  const isLive = out.isTTY === true
  const line = (mark: string, title: string, rest: string) => `  ${mark} ${title.padEnd(titleWidth)} ${rest}`
  const erase = isLive ? '\r\x1b[2K' : ''

  return {
    say: text => void out.write(`${text}\n`),
    async step(title, work, sum) {
      const started = clock()
      const seconds = () => `${((clock() - started) / 1000).toFixed(1)} s`
      let noted = ''
      const show = () => {
        if (isLive) out.write(`${erase}${line('…', title, `${noted} ${seconds()}`)}`)
      }
      const timer = setInterval(show, 200)
      show()
      try {
        const result = await work(text => {
          noted = text
        })
        out.write(`${erase}${line('✓', title, [sum?.(result), seconds()].filter(Boolean).join('  '))}\n`)
        return result
      } catch (error) {
        out.write(`${erase}${line('✗', title, error instanceof Error ? error.message : String(error))}\n`)
        throw error
      } finally {
        clearInterval(timer)
      }
    },
  }
}

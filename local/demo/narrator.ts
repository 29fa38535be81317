/** Prints one line a step, with the time it took. On a terminal the line is updated while the step runs. */
export interface Narrator {
  say: (text: string) => void
  /** Runs a step. `progress` sets the text beside the title while it runs, `sum` the text at its end. */
  step: <T>(
    title: string,
    work: (progress: (text: string) => void) => Promise<T>,
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
      let progressText = ''
      const show = () => {
        if (isLive) out.write(`${erase}${line('…', title, `${progressText} ${seconds()}`)}`)
      }
      const timer = setInterval(show, 200)
      show()
      try {
        const result = await work(text => {
          progressText = text
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

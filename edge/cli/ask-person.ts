import type { ReadStream } from 'node:tty'
import { ConfigError } from '../../runtime/config.ts'

export interface Terminal {
  input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>
  output: NodeJS.WritableStream
}

const endOfInput = new ConfigError('Nothing was entered.')

/** Asks one line on the terminal; with `isSecret`, what is typed is not shown. Throws ConfigError at Ctrl-C and at the end of input. */
export async function askPerson(
  { input, output }: Terminal,
  question: string,
  { isSecret = false } = {},
): Promise<string> {
  output.write(question)
  const isRaw = isSecret && input.isTTY === true
  if (isRaw) input.setRawMode?.(true)
  try {
    return await readLine(input)
  } finally {
    if (isRaw) {
      input.setRawMode?.(false)
      output.write('\n')
    }
  }
}

/** Everything on standard input, for a token that another program writes. */
export async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const piece of input) text += piece
  if (text.trim() === '') throw endOfInput
  return text.trim()
}

function readLine(input: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const end = (settle: () => void) => {
      input.off('data', onData)
      input.off('end', onEnd)
      input.pause()
      settle()
    }
    const onEnd = () => end(() => reject(endOfInput))
    const onData = (piece: Buffer | string) => {
      const text = piece.toString()
      for (const [at, letter] of [...text].entries()) {
        if (letter === '\u0003' || (letter === '\u0004' && line === '')) return end(() => reject(endOfInput))
        if (letter === '\n' || letter === '\r') {
          end(() => resolve(line))
          // What was typed ahead answers the next question.
          const rest = [...text].slice(at + 1).join('')
          if (rest !== '') input.unshift(rest)
          return
        }
        line = letter === '\u007f' || letter === '\b' ? line.slice(0, -1) : line + letter
      }
    }
    input.on('data', onData)
    input.on('end', onEnd)
    input.resume()
  })
}

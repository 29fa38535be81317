/** Reads a part's elements one by one. Refuses the constructs of XML that attackers use: document types, entities, endless names. */
import { SaxesParser } from 'saxes'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { malformed } from '../limits.ts'

export interface Handlers {
  /** `name` as it is in the file, with its prefix. */
  open: (name: string, attributes: Record<string, string>) => void
  close: (name: string) => void
}

/** In characters. No element, attribute or text of a real file is longer. */
const maxTokenLength = 2 ** 20
const maxDepth = 64

/** `budget` is shared by all parts of a file. Errors: stl_malformed, and those of the handlers and of `pieces`. */
export async function readXml(
  pieces: AsyncIterable<string>,
  part: string,
  budget: { elements: number },
  { open, close }: Handlers,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: false })
  let depth = 0
  let sinceLast = 0
  let failure: unknown
  const refuse = (what: string) => {
    failure ??= malformed(`The 3MF file's part ${part} ${what}.`)
    throw failure
  }
  parser.on('doctype', () => refuse('declares a document type, which no 3MF file needs'))
  parser.on('error', error => refuse(`is not valid XML: ${error.message.slice(0, 200)}`))
  parser.on('opentag', ({ name, attributes }) => {
    sinceLast = 0
    if (budget.elements-- === 0) refuse('has too many elements')
    if (++depth > maxDepth) refuse('is nested too deeply')
    open(name, attributes)
  })
  parser.on('closetag', ({ name }) => {
    sinceLast = 0
    depth--
    close(name)
  })
  const onToken = () => {
    sinceLast = 0
  }
  parser.on('text', onToken)
  parser.on('comment', onToken)
  parser.on('cdata', onToken)
  parser.on('processinginstruction', onToken)
  try {
    for await (const piece of pieces) {
      sinceLast += piece.length
      if (sinceLast > maxTokenLength) refuse('has an element or a text that is too long')
      parser.write(piece)
    }
    parser.close()
  } catch (error) {
    if (isAppError(error)) throw error
    throw new AppError('stl_malformed', `The 3MF file's part ${part} cannot be read.`, { cause: error })
  }
}

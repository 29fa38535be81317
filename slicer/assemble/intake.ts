/**
 * Reads an engine's toolpath body as it is made: checks every move of the model, converts arcs and long lines to lines that this
 * printer understands, measures the values for start G-code (layers, heights, outlines), and passes the lines to the spool.
 */
import { maxLineSize } from '../../schema/gcode/normalise.ts'
import { AppError } from '../../schema/http/errors.ts'
import { createModelCheck } from '../check/model.ts'
import { readLayerMark } from '../engines/layer-mark.ts'
import { hasCentre, isArc, textOfArc } from '../gcode/arc.ts'
import { type GcodeCommand, parseCommand } from '../gcode/command.ts'
import { type Move, readPlainMove } from '../gcode/plain-move.ts'
import type { Bed } from '../profiles/bed.ts'
import type { Body, Layer } from './layers.ts'
import { createLineCutter } from './line-cutter.ts'
import { divideLongLine, isTooLong } from './long-lines.ts'
import { createOutline } from './outline.ts'

export interface IntakeOptions {
  bed: Bed
  /** True when the printer understands G2 and G3. */
  hasArcs: boolean
  /** Stores lines. The buffer is valid until the promise resolves. */
  write: (bytes: Buffer) => Promise<void>
}

export interface Intake {
  /** Adds the next bytes, cut anywhere. Errors: gcode_rejected, engine_failed, and those of `write`. */
  add: (chunk: Buffer) => Promise<void>
  /** Ends the body. Errors: those of `add`. */
  end: () => Promise<Body>
}

const maxLayers = 200_000
const nothingPrinted =
  'The engine found nothing to print in the model: its walls may be thinner than a line, or the model thinner than a layer. ' +
  'Choose a profile with thinner lines and layers, another engine, or a thicker model.'
const newline = 0x0a
const semicolon = 0x3b
const markStart = ';LMNT_LAYER'
/** Dropped from the body, because we write them around each layer with our own name of the object. */
const ownCommands = /^(EXCLUDE_OBJECT|SET_PRINT_STATS_INFO|M486)/

export function createIntake({ bed, hasArcs, write }: IntakeOptions): Intake {
  const layers: Layer[] = []
  let layer: Layer | undefined
  /** Number of the line in its layer, for messages. */
  let line = 0
  /** Bytes passed on so far. */
  let byteCount = 0
  let isLaying = false
  /** The output for the current chunk: runs of unchanged lines, and replaced lines. */
  let output: Buffer[] = []
  const first = createOutline()
  const printed = createOutline()
  const move: Move = { x: 0, y: 0, z: 0, e: 0 }
  const check = createModelCheck(bed, () => `line ${line} of layer ${layers.length}`)
  const { position } = check.head
  const cutter = createLineCutter()

  /** Checks one line. Returns its replacement, which may be empty; undefined when the line is unchanged. */
  function readLine(bytes: Buffer, start: number, end: number): string | undefined {
    if (readPlainMove(bytes, start, end, move)) {
      go(move)
      return end - start > maxLineSize ? shortened(bytes.toString('utf8', start, end)) : undefined
    }
    const text = bytes.toString('utf8', start, end)
    const command = parseCommand(text)
    if (!command) return end - start > maxLineSize ? shortened(text) : undefined
    if (!layer) throw broken('has commands before its first layer')
    if (ownCommands.test(command.name)) return ''
    if (isArc(command.name)) return arc(command)
    check.run(command, text)
    isLaying = false
    return end - start > maxLineSize ? shortened(text) : undefined
  }

  function go(to: Move): void {
    if (!layer) throw broken('has moves before its first layer')
    const { x, y } = position
    const wasLaying = isLaying
    isLaying = check.go(to)
    if (!isLaying) return
    for (const outline of layer.n === 0 ? [first, printed] : [printed]) {
      if (!wasLaying && !Number.isNaN(x + y)) outline.add(x, y)
      outline.add(position.x, position.y)
    }
  }

  function arc(command: GcodeCommand): string | undefined {
    const lines = check.within(() => check.head.arc(command))
    const text = textOfArc(command, lines)
    for (const along of lines) go(along)
    return hasArcs && hasCentre(command) ? undefined : text
  }

  function shortened(text: string): string {
    const lines = divideLongLine(text)
    if (!lines.some(part => isTooLong(part))) return lines.map(part => `${part}\n`).join('')
    throw new AppError(
      'gcode_rejected',
      `The G-code was refused: line ${line} of layer ${layers.length} is longer than ${maxLineSize} bytes.`,
    )
  }

  function beginLayer(text: string): void {
    const mark = readLayerMark(text)
    if (mark?.n !== layers.length || layers.length >= maxLayers) throw broken('does not mark its layers one by one')
    endLayer()
    layer = { ...mark, from: byteCount, to: byteCount, end: { x: Number.NaN, y: Number.NaN, z: Number.NaN } }
    layers.push(layer)
    line = 0
  }

  function endLayer(): void {
    if (layer) Object.assign(layer, { to: byteCount, end: { x: position.x, y: position.y, z: position.z } })
  }

  function emit(bytes: Buffer): void {
    if (bytes.length === 0) return
    output.push(bytes)
    byteCount += bytes.length
  }

  function readLines(bytes: Buffer): void {
    let run = 0
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(newline, start)
      line++
      const isMark =
        bytes[start] === semicolon && bytes.toString('latin1', start, start + markStart.length) === markStart
      const text = isMark ? '' : readLine(bytes, start, end)
      if (text !== undefined) {
        emit(bytes.subarray(run, start))
        emit(Buffer.from(text))
        run = end + 1
      }
      if (isMark) beginLayer(bytes.toString('latin1', start, end))
      start = end + 1
    }
    emit(bytes.subarray(run))
  }

  async function addLines(lines: Buffer): Promise<void> {
    output = []
    readLines(lines)
    for (const bytes of output) await write(bytes)
  }

  return {
    add: chunk => addLines(cutter.add(chunk)),
    end: async () => {
      await addLines(cutter.end())
      endLayer()
      const [firstBox, box] = [first.box(), printed.box()]
      if (layers.length === 0 || !box) throw new AppError('gcode_rejected', nothingPrinted)
      return {
        layers,
        maxZ: layers.reduce((max, { z }) => Math.max(max, z), 0),
        firstLayer: firstBox ? { outline: first.polygon(), ...firstBox } : { outline: printed.polygon(), ...box },
        printed: { outline: printed.polygon(), ...box },
      }
    },
  }
}

function broken(what: string): AppError {
  return new AppError('engine_failed', `The slicing engine's G-code ${what}.`)
}

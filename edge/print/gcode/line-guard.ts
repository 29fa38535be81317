/**
 * Klipper echoes an invalid line ("Malformed command", "Unknown command") on the console and in its log, which would reveal a part of
 * the job. The guard finds such lines before the print starts: every line must be empty, a comment, or a known command with parameters
 * that Klipper can parse. A line must not put a dialog or markup on the screens, where a button could run any command.
 *
 * Nearly all lines are moves: these are scanned byte by byte, without a string. The others are matched by unambiguous regular
 * expressions, so that no sealed job can keep the edge busy with backtracking.
 */

import { refusedCommands } from '../../../schema/gcode/known-commands.ts'
import { maxLineSize } from '../../../schema/gcode/normalise.ts'
import { showsDialogOrMarkup } from '../../../schema/gcode/speech.ts'
import { AppError } from '../../../schema/http/errors.ts'

const newline = 0x0a
const space = 0x20
const semicolon = 0x3b
const dot = 0x2e
const plus = 0x2b
const minus = 0x2d

export interface LineGuard {
  /** Checks the next bytes; they may begin and end inside a line. Errors: gcode_rejected, with the line's number and command. */
  check: (piece: Buffer) => void
  /** Call it at the end: the remaining bytes must be a valid line, too. */
  end: () => void
  /** The byte after the last extruding line so far; after all lines when none extrudes. */
  printedBy: () => number
}

/** A line is refused, or extrudes, or is any other. */
type Kind = 'refused' | 'other' | 'extrusion'

export function createLineGuard(commands: ReadonlySet<string>): LineGuard {
  let line = 1
  let position = 0
  let extrudedBy = 0
  let unfinished = Buffer.alloc(0)

  function checkLine(bytes: Buffer, start: number, end: number): void {
    const isTooLong = end - start > maxLineSize
    if (isTooLong) throw refused(line, `The line is longer than ${maxLineSize} bytes.`)
    const kind = kindOf(bytes, start, end, commands)
    if (kind === 'refused') throw refused(line, whyRefused(bytes.toString('utf8', start, end), commands))
    line++
    position += end - start + 1
    if (kind === 'extrusion') extrudedBy = position
  }

  return {
    check(piece) {
      let at = 0
      if (unfinished.length > 0) {
        const end = piece.indexOf(newline)
        if (end < 0) {
          unfinished = Buffer.concat([unfinished, piece])
          if (unfinished.length > maxLineSize) checkLine(unfinished, 0, unfinished.length)
          return
        }
        const whole = Buffer.concat([unfinished, piece.subarray(0, end)])
        checkLine(whole, 0, whole.length)
        unfinished.fill(0)
        whole.fill(0)
        at = end + 1
      }
      for (;;) {
        const end = piece.indexOf(newline, at)
        if (end < 0) break
        checkLine(piece, at, end)
        at = end + 1
      }
      unfinished = Buffer.from(piece.subarray(at))
    },
    end() {
      if (unfinished.length > 0) checkLine(unfinished, 0, unfinished.length)
      unfinished.fill(0)
    },
    printedBy: () => extrudedBy || position,
  }
}

function refused(line: number, why: string): AppError {
  return new AppError('gcode_rejected', `The G-code cannot be printed, because of its line ${line}. ${why}`)
}

const word = /^\s*([GMT]\d+(?:\.\d+)?(?=$|[\s;A-Z])|[A-Z_]{2}[A-Z0-9_]{0,38}(?=$|[\s;]))/i
const remedy = 'Remove it from the G-code in the print profile, then have the model prepared again.'

/** Names the command and nothing else of the line, which would reveal a part of the job. */
function whyRefused(text: string, commands: ReadonlySet<string>): string {
  const command = word.exec(text)?.[1]?.toUpperCase()
  if (command === undefined) return `Klipper could not parse this line. ${remedy}`
  if (refusedCommands.has(command)) return `A print job may not use ${command}. ${remedy}`
  if (commands.has(command)) return `This printer cannot parse the parameters of ${command}. ${remedy}`
  return `This printer has no command ${command}. Add it to printer.cfg, or remove it from the G-code in the print profile and have the model prepared again.`
}

function kindOf(bytes: Buffer, start: number, end: number, commands: ReadonlySet<string>): Kind {
  return kindOfMove(bytes, start, end) ?? kindOfText(bytes.toString('utf8', start, end), commands)
}

/** Reads an empty line, a comment, and G0 to G3 with parameters of a letter and a number each; null for any other line. */
function kindOfMove(bytes: Buffer, start: number, end: number): Kind | null {
  const first = bytes[start]
  if (start === end || first === semicolon) return 'other'
  if (first !== 0x47) return null // G
  const digit = bytes[start + 1] ?? 0
  if (digit < 0x30 || digit > 0x33) return null
  let at = start + 2
  if (at < end && bytes[at] !== space && bytes[at] !== semicolon) return null
  let kind: Kind = 'other'
  while (at < end) {
    const letter = bytes[at] as number
    if (letter === space) {
      at++
      continue
    }
    if (letter === semicolon) return kind
    if (letter < 0x41 || letter > 0x5a) return null
    // A negative amount is a retraction.
    if (letter === 0x45 && bytes[at + 1] !== minus) kind = 'extrusion' // E
    at = afterNumber(bytes, at + 1, end)
    if (at < 0) return null
  }
  return kind
}

/** Returns the index after a number such as -1.25; -1 when there is none. */
function afterNumber(bytes: Buffer, start: number, end: number): number {
  let at = start
  if (bytes[at] === minus || bytes[at] === plus) at++
  let digits = 0
  let hasDot = false
  for (; at < end; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x30 && byte <= 0x39) digits++
    else if (byte === dot && !hasDot) hasDot = true
    else break
  }
  return digits > 0 ? at : -1
}

const traditional = /^([A-Z]\d+(?:\.\d+)?)(?=$|[\sA-Z])(.*)$/i
const number = '[-+]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)'
const numbers = new RegExp(`^(?:\\s*[A-Z]${number})*\\s*$`, 'i')
const numbersOrNone = new RegExp(`^(?:\\s*[A-Z](?:${number})?)*\\s*$`, 'i')
/** Klipper expects a number after each letter of these, and echoes a line where one is missing. */
const numeric = new Set('G0 G1 G2 G3 G4 G92 M104 M106 M109 M140 M141 M190 M191 M204 M205 M220 M221'.split(' '))
const moves = new Set('G0 G1 G2 G3'.split(' '))
const extended = /^([A-Z_][A-Z0-9_]*)(?:\s(.*))?$/is
const extendedParameters = /^\s*(?:[A-Z_][A-Z0-9_]*=(?:"[^"]*"|'[^']*'|[^\s"']*)(?:\s+|$))*$/i
/** Their parameter is free text. */
const textCommands = new Set(['M117', 'M118', 'M862.3', 'M486'])
const control = /[^\P{Cc}\t]/u

function kindOfText(text: string, commands: ReadonlySet<string>): Kind {
  if (control.test(text)) return 'refused'
  const end = text.indexOf(';')
  const code = (end < 0 ? text : text.slice(0, end)).trim()
  if (code === '') return 'other'
  const match = traditional.exec(code)
  if (match) {
    const [, command = '', rest = ''] = match
    const name = command.toUpperCase()
    if (!commands.has(name)) return 'refused'
    const isUsable = textCommands.has(name)
      ? !showsDialogOrMarkup(text)
      : (numeric.has(name) ? numbers : numbersOrNone).test(rest)
    if (!isUsable) return 'refused'
    return moves.has(name) && /E[^-]/i.test(rest) ? 'extrusion' : 'other'
  }
  const [, command, rest = ''] = extended.exec(code) ?? []
  const isKnown = command !== undefined && commands.has(command.toUpperCase())
  return isKnown && extendedParameters.test(rest) && !showsDialogOrMarkup(text) ? 'other' : 'refused'
}

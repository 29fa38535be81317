import { GcodeError, type GcodeLine, parameters, parseLine, required } from './gcode-line.ts'

export interface Command {
  /** Shown by printer.gcode.help; traditional commands have none there. */
  help?: string
  /** The console waits for the returned promise; a print continues with its next line or sees its pause flag. */
  run: (line: GcodeLine) => void | Promise<void>
}

export type Commands = Map<string, Command>

/** The parts of the machine that the print's loop and printer.gcode.script need. */
export interface Machine {
  say: (text: string) => void
  /** Output of RESPOND, also for listeners to the console within the host. */
  respond: (text: string) => void
  setDisplayMessage: (text: string) => void
  setPrintInfo: (total: number | undefined, current: number | undefined) => void
  addFilament: (text: string) => void
  noteLayer: () => void
  pause: () => void | Promise<void>
  resume: () => void | Promise<void>
  cancel: () => void | Promise<void>
  home: () => void
  emergencyStop: () => void | Promise<void>
  isFromFile: () => boolean
  stream: (job: string) => void
  answerQuestion: (line: GcodeLine) => void
  printFile: (filename: string) => Promise<void>
  resetFile: () => void | Promise<void>
  setHeater: (name: string, target: number) => void
}

/** Commands that a real printer knows and that have nothing to show for it here. */
const quiet = ['G4', 'G10', 'G11', 'G17', 'G18', 'G19', 'G20', 'G21', 'G29', 'G90', 'G91', 'M17', 'M18', 'M84']
const quietM = ['M73', 'M82', 'M83', 'M106', 'M107', 'M114', 'M115', 'M204', 'M220', 'M221', 'M400']
const quietExtended = ['EXCLUDE_OBJECT_DEFINE', 'EXCLUDE_OBJECT_START', 'EXCLUDE_OBJECT_END', 'SET_VELOCITY_LIMIT']

/** The G-code commands of the virtual printer; those of our extra when it is installed. */
export function createCommands(machine: Machine, isExtraInstalled: boolean): Commands {
  const commands: Commands = new Map()
  const add = (name: string, run: Command['run'], help?: string) =>
    commands.set(name, help === undefined ? { run } : { run, help })

  for (const name of ['G0', 'G1', 'G2', 'G3', 'G92']) add(name, line => machine.addFilament(`${name} ${line.rest}`))
  for (const name of [...quiet, ...quietM]) add(name, line => machine.addFilament(`${name} ${line.rest}`))
  add('G28', line => {
    machine.home()
    machine.addFilament(`G28 ${line.rest}`)
  })
  for (const name of quietExtended) add(name, () => {}, 'Accepted, and nothing more')

  add('M104', line => machine.setHeater('extruder', temperature(line)))
  add('M109', line => machine.setHeater('extruder', temperature(line)))
  add('M140', line => machine.setHeater('heater_bed', temperature(line)))
  add('M190', line => machine.setHeater('heater_bed', temperature(line)))
  add('M112', () => machine.emergencyStop())
  add('M117', line => machine.setDisplayMessage(line.rest))
  add(
    'RESPOND',
    line => machine.respond(`// ${parameters(line).get('MSG') ?? ''}`),
    'Echo the message prepended with a prefix',
  )
  add('TURN_OFF_HEATERS', () => turnOff(machine), 'Turn off all heaters')
  const heaters = ['extruder', 'heater_bed', ...(isExtraInstalled ? [guardHeater] : [])]
  add('SET_HEATER_TEMPERATURE', line => setHeaterTemperature(machine, line, heaters), 'Sets a heater temperature')
  add('SET_PRINT_STATS_INFO', line => setPrintStatsInfo(machine, line), 'Pass slicer info like layer act and total')
  add('PAUSE', () => machine.pause(), 'Pauses the current print')
  add('RESUME', () => machine.resume(), 'Resumes the print from a pause')
  add('CANCEL_PRINT', () => machine.cancel(), 'Cancel the current print')
  add(
    'SDCARD_PRINT_FILE',
    line => machine.printFile(required(line, 'FILENAME')),
    'Loads a SD file and starts the print.',
  )
  add('SDCARD_RESET_FILE', () => resetFile(machine), 'Clears a loaded SD File.')
  if (isExtraInstalled) {
    add('STREAM_GCODE_LINE', line => stream(machine, line), 'Print a streamed LMNT job')
    add('LMNT_CONSENT', machine.answerQuestion)
  }
  return commands
}

/** The stub's guard line names it: our extra knows this value, a printer without it ends the print in an error. */
const guardHeater = 'lmnt_stream'

/** Runs one line; an unknown command is reported on the console and skipped, as Klipper does. */
export function runLine(commands: Commands, text: string, say: (text: string) => void): void | Promise<void> {
  const line = parseLine(text)
  if (line.command === '' && line.rest === '') return
  const command = commands.get(line.command)
  if (command) return command.run(line)
  say(`// Unknown command:"${line.command || line.rest}"`)
}

function temperature(line: GcodeLine): number {
  const match = /S(-?[\d.]+)/i.exec(line.rest)
  return match?.[1] ? Number.parseFloat(match[1]) : 0
}

function turnOff(machine: Machine): void {
  machine.setHeater('extruder', 0)
  machine.setHeater('heater_bed', 0)
}

function setHeaterTemperature(machine: Machine, line: GcodeLine, heaters: string[]): void {
  const heater = required(line, 'HEATER')
  if (!heaters.includes(heater)) throw new GcodeError(`The value '${heater}' is not valid for HEATER`)
  if (heater !== guardHeater) machine.setHeater(heater, Number.parseFloat(parameters(line).get('TARGET') ?? '0'))
}

function setPrintStatsInfo(machine: Machine, line: GcodeLine): void {
  const given = parameters(line)
  const number = (name: string) => (given.has(name) ? Number.parseInt(given.get(name) ?? '', 10) : undefined)
  if (given.has('CURRENT_LAYER')) machine.noteLayer()
  machine.setPrintInfo(number('TOTAL_LAYER'), number('CURRENT_LAYER'))
}

function resetFile(machine: Machine): void | Promise<void> {
  if (machine.isFromFile()) throw new GcodeError('SDCARD_RESET_FILE cannot be run from the sdcard')
  return machine.resetFile()
}

function stream(machine: Machine, line: GcodeLine): void {
  if (!machine.isFromFile()) throw new GcodeError('STREAM_GCODE_LINE: start the file from the file list')
  machine.stream(required(line, 'JOB'))
}

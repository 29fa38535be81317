/**
 * Behaves as OrcaSlicer's command line does (src/OrcaSlicer.cpp of 2.3 and 2.4), as far as the slicer's driver can see it:
 * which options it takes, what it wants of presets, result.json, plate_1.gcode, the progress pipe, and how it ends. What it
 * slices is the box around the model. FAULT makes it fail as versions of it do.
 */
import { existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const fault = process.env.FAULT ?? ''
const valueOptions = new Set([
  ...['load-settings', 'load-filaments', 'arrange', 'orient', 'slice', 'outputdir', 'pipe', 'debug', 'rotate', 'scale'],
])
const flags = new Set(['allow-newer-file', 'no-check', 'min-save', 'ensure-on-bed', 'help', 'info', 'uptodate'])
const codes = {
  invalidParams: -2,
  notFound: -3,
  config: -5,
  incompatible: -17,
  postProcess: -19,
  empty: -50,
  invalid: -51,
}

const { options, inputs } = readArguments(process.argv.slice(2))
if (options.has('help')) {
  process.stdout.write('OrcaSlicer-2.4.2:\nUsage: orca-slicer [ OPTIONS ] [ file.3mf/file.stl ... ]\n')
  process.exit(0)
}
const folder = options.get('outputdir') ?? '.'
const pipe = options.has('pipe') ? openSync(options.get('pipe'), 'w') : undefined
writeFileSync('arguments.json', JSON.stringify(process.argv.slice(2)))
if (fault === 'environment') end(-100, JSON.stringify(process.env))
if (fault === 'arguments') end(-100, JSON.stringify(process.argv.slice(2)))
if (fault === 'crash') process.kill(process.pid, 'SIGSEGV')

const [machine, process_] = (options.get('load-settings') ?? '').split(';').map(path => readPreset(path))
const filament = readPreset(options.get('load-filaments'))
if (machine.type !== 'machine' || process_.type !== 'process' || filament.type !== 'filament') end(codes.config)
for (const preset of [process_, filament]) {
  if (!preset.compatible_printers?.includes(machine.name)) end(codes.incompatible)
}
if (process_.post_process?.length > 0) end(codes.postProcess)
const resets = /^\s*G92\s+E0/m
if (machine.use_relative_e_distances === '1' && !resets.test(machine.before_layer_change_gcode)) {
  const message =
    'Relative extruder addressing requires resetting the extruder position at each layer. Add "G92 E0" to layer_gcode.'
  end(codes.invalid, message)
}
progress(10, 'Slicing begins')

const isArranged = options.get('arrange') === '1'
if (fault === 'prime-tower' && isArranged) end(-101, 'gcode path conflicts found between WipeTower and model')
if (fault === 'conflict') end(-101, 'gcode path conflicts found between model and model')
if (fault === 'no-gcode' && isArranged) end(0)
if (fault === 'never-gcode') end(0)
if (fault === 'slow') await new Promise(resolve => setTimeout(resolve, 60_000))
if (fault === 'object') {
  end(codes.empty, 'Some objects are located over the boundary of the heated bed: model.stl', [
    { id: 1, sliced_time: 0, sliced_time_with_cache: 0, triangle_count: 12, warning_message: 'model.stl is too large' },
  ])
}

const bed = area(machine.printable_area)
const box = boxOf(readFileSync(inputs[0]))
if (isArranged) {
  const by = [0, 1].map(axis => (bed.min[axis] + bed.max[axis] - box.min[axis] - box.max[axis]) / 2)
  for (const axis of [0, 1]) {
    box.min[axis] += by[axis]
    box.max[axis] += by[axis]
  }
}
if ([0, 1].some(axis => box.min[axis] < bed.min[axis] || box.max[axis] > bed.max[axis])) {
  end(codes.empty, 'no object is fully inside the print volume')
}
const layerHeight = Number(process_.layer_height ?? 0.2)
const count = Math.round(box.max[2] / layerHeight)
const gcode = ['; HEADER_BLOCK_START', `; total layer number: ${count}`, '; HEADER_BLOCK_END', 'M140 S60', 'M104 S215']
gcode.push('G28', machine.machine_start_gcode, 'G90', 'G21', 'M83', filament.filament_start_gcode[0])
let used = 0
for (let layer = 1; layer <= count; layer++) {
  const z = Number((layer * layerHeight).toFixed(3))
  gcode.push(';LAYER_CHANGE', `;Z:${z}`, `;HEIGHT:${layerHeight}`, machine.before_layer_change_gcode)
  gcode.push(`G1 Z${z} F9000`, ';TYPE:Outer wall', `G1 X${box.min[0]} Y${box.min[1]} F9000`)
  for (const [x, y] of [
    [1, 0],
    [1, 1],
    [0, 1],
    [0, 0],
  ]) {
    gcode.push(`G1 X${[box.min, box.max][x][0]} Y${[box.min, box.max][y][1]} E.5 F3000`)
    used += 0.5
  }
  progress(10 + Math.floor((80 * layer) / count), 'Generating G-code')
}
gcode.push(filament.filament_end_gcode[0], machine.machine_end_gcode, '; EXECUTABLE_BLOCK_END')
gcode.push(`; filament used [mm] = ${used.toFixed(2)}`, '; estimated printing time (normal mode) = 1m 5s')
gcode.push('; CONFIG_BLOCK_START', ';LAYER_CHANGE', `; layer_height = ${layerHeight}`, '; CONFIG_BLOCK_END')
writeFileSync(join(folder, 'plate_1.gcode'), `${gcode.join('\n')}\n`)
end(fault === 'late' ? -100 : 0)

function readArguments(args) {
  const found = new Map()
  const files = []
  for (let at = 0; at < args.length; at++) {
    const name = args[at].startsWith('--') ? args[at].slice(2) : undefined
    if (name === undefined) files.push(args[at])
    else if (flags.has(name)) found.set(name, '')
    else if (valueOptions.has(name) && at + 1 < args.length) found.set(name, args[++at])
    else {
      process.stderr.write(`Invalid option --${name}\n`)
      process.exit(codes.invalidParams & 255)
    }
  }
  return { options: found, inputs: files }
}

function readPreset(path) {
  if (path === undefined || !existsSync(path)) end(codes.notFound)
  try {
    const preset = JSON.parse(readFileSync(path, 'utf8'))
    // One that names its parents must be among the installed ones.
    if (preset.inherits || preset.from !== 'system') end(codes.config)
    return preset
  } catch {
    end(codes.config)
  }
}

function area(points) {
  const corners = points.map(point => point.split('x').map(Number))
  const side = pick => [0, 1].map(axis => pick(...corners.map(corner => corner[axis])))
  return { min: side(Math.min), max: side(Math.max) }
}

function boxOf(stl) {
  const box = { min: [Infinity, Infinity, Infinity], max: [-Infinity, -Infinity, -Infinity] }
  for (let at = 84; at < stl.length; at += 50) {
    for (let value = 0; value < 9; value++) {
      const number = stl.readFloatLE(at + 12 + 4 * value)
      box.min[value % 3] = Math.min(box.min[value % 3], number)
      box.max[value % 3] = Math.max(box.max[value % 3], number)
    }
  }
  return box
}

function progress(percent, message) {
  if (pipe === undefined) return
  const state = { plate_index: 1, plate_count: 1, plate_percent: percent, total_percent: percent, message }
  writeSync(pipe, `${JSON.stringify(state)}\n`)
}

/** As record_exit_reson and flush_and_exit do. */
function end(code, error = code === 0 ? 'Success.' : 'failed', plates = []) {
  const result = { plate_index: 0, return_code: code, error_string: error, prepare_time: 1, export_time: 1 }
  writeFileSync(join(folder, 'result.json'), JSON.stringify({ ...result, sliced_plates: plates }, null, '\t'))
  if (code !== 0) process.stdout.write(`run found error, return ${code}, exit...\n`)
  process.exit(code & 255)
}

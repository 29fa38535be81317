/** Presets as OrcaSlicer exports them, in files and bundles. */
import type { Settings } from '../../../schema/http/profiles.ts'
import { readProfileRequest } from '../../../schema/http/slicer.ts'
import { readProfileFiles } from '../../../slicer/bundles/read-profile.ts'
import { createLimit } from '../../../slicer/limit.ts'
import { refusal } from '../errors.ts'
import { testProfile } from './profiles.ts'
import { type ZipEntry, zipOf } from './zip.ts'

const ctx = { profiles: createLimit({ atOnce: 1, waiting: 0 }) }

export type File = [name: string, content: Buffer | Settings | string]

export function read(files: File[], wanted: Record<string, string> = {}) {
  const sent = files.map(([name, content]) => ({ name, content: bytesOf(content).toString('base64') }))
  return readProfileFiles(ctx, readProfileRequest.parse({ files: sent, ...wanted }))
}

export const refused = (files: File[], wanted = {}) => refusal('profile_invalid', () => read(files, wanted))

function bytesOf(content: File[1]): Buffer {
  if (Buffer.isBuffer(content)) return content
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
}

// A user's presets as OrcaSlicer exports them: without a type; the name's field (printer_settings_id) shows the kind.
export const { machine_settings, process_settings, filament } = testProfile()
export const { type: _, ...machineOnly } = machine_settings
export const machine: Settings = { ...machineOnly, from: 'User', printer_settings_id: 'My printer', name: 'My printer' }
export const process: Settings = { ...process_settings, from: 'User', print_settings_id: 'Fine', name: 'Fine' }
export const abs: Settings = {
  ...filament,
  from: 'User',
  filament_settings_id: ['My ABS'],
  filament_type: ['ABS'],
  name: 'My ABS',
}
export const pla: Settings = { ...filament, from: 'User', filament_settings_id: ['My PLA'], name: 'My PLA' }

export const entry = (name: string, settings: Settings | string): ZipEntry => ({ name, content: bytesOf(settings) })
const structure = entry('bundle_structure.json', {
  bundle_type: 'printer config bundle',
  printer_config: ['printer/My printer.json'],
  printer_preset_name: 'My printer',
})
export const printerBundle = (...more: ZipEntry[]) =>
  zipOf([
    entry('printer/My printer.json', machine),
    entry('filament/My ABS.json', abs),
    entry('process/Fine.json', process),
    ...more,
    structure,
  ])

import type { SliceSummary } from '../../schema/http/slice.ts'
import type { PrintProfile } from './profile.ts'

/** The facts about a slice that the printer's file list shows. */
export function summarise(profile: PrintProfile, objectHeightMm: number, filamentMm: number): SliceSummary {
  const { filament, temperatures } = profile
  const volumeCm3 = (filamentMm * Math.PI * (filament.diameterMm / 2) ** 2) / 1000
  return {
    object_height_mm: Number(objectHeightMm.toFixed(2)),
    layer_height_mm: profile.layerHeightMm,
    first_layer_height_mm: profile.firstLayerHeightMm,
    nozzle_diameter_mm: profile.nozzleDiameterMm,
    filament_type: filament.type,
    ...(filament.name === '' ? {} : { filament_name: filament.name }),
    ...(filament.colour === null ? {} : { filament_colour: filament.colour }),
    filament_weight_g: Number((volumeCm3 * filament.densityGCm3).toFixed(2)),
    first_layer_temperature_c: temperatures.nozzleFirstLayer,
    first_layer_bed_temperature_c: temperatures.bedFirstLayer,
    ...(temperatures.chamber === 0 ? {} : { chamber_temperature_c: temperatures.chamber }),
  }
}

/** Converts a buyer's overrides to Orca's settings, for all engines: they read the result like any profile. */
import type { Overrides } from '../../schema/http/overrides.ts'
import type { Settings } from '../../schema/http/profiles.ts'

const support = { none: null, normal: 'normal(auto)', tree: 'tree(auto)' } as const

/** The overrides that are settings of Orca. Scale and orientation change the model instead. */
export function overrideSettings({ supports, brim, infill_percent }: Overrides): Settings {
  return {
    ...(supports === undefined ? {} : supportSettings(supports)),
    ...(brim === undefined ? {} : brimSettings(brim)),
    ...(infill_percent === undefined ? {} : { sparse_infill_density: `${infill_percent}%` }),
  }
}

/** Resets the style as well: the profile's may belong to the other type of supports. */
function supportSettings(supports: NonNullable<Overrides['supports']>): Settings {
  const type = support[supports]
  return type === null ? { enable_support: '0' } : { enable_support: '1', support_type: type, support_style: 'default' }
}

/** `auto_brim` takes no width: Orca computes it. */
function brimSettings(brim: NonNullable<Overrides['brim']>): Settings {
  if (brim === 'auto') return { brim_type: 'auto_brim', brim_width: '0' }
  if (brim === 'none' || brim === 0) return { brim_type: 'no_brim', brim_width: '0' }
  return { brim_type: 'outer_only', brim_width: String(brim) }
}

/** Sentences for the buyer about overrides that this engine cannot follow. */
export function overrideWarnings({ brim, supports }: Overrides, engine: string): string[] {
  const warnings: string[] = []
  if (supports === 'tree' && engine === 'prusa') {
    warnings.push('The engine prusa has no tree supports: normal supports are printed.')
  }
  if (brim === 'auto' && engine !== 'orca') {
    warnings.push(`The engine ${engine} cannot choose a brim: no brim is printed. Set brim to a width in mm.`)
  }
  return warnings
}

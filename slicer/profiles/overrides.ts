/** Converts a buyer's overrides to Orca's settings, for all engines: they read the result like any profile. */
import type { Overrides } from '../../schema/http/overrides.ts'
import type { Settings } from '../../schema/http/profiles.ts'

const support = { none: null, normal: 'normal(auto)', tree: 'tree(auto)' } as const

/** Those that shape the model (scale, orientation) are no settings. */
export function overrideSettings({ supports, brim, infill_percent }: Overrides): Settings {
  return {
    ...(supports === undefined ? {} : supportSettings(supports)),
    ...(brim === undefined ? {} : brimSettings(brim)),
    ...(infill_percent === undefined ? {} : { sparse_infill_density: `${infill_percent}%` }),
  }
}

/** The profile's style may be one of the other type's: each type has its own default. */
function supportSettings(supports: NonNullable<Overrides['supports']>): Settings {
  const type = support[supports]
  return type === null ? { enable_support: '0' } : { enable_support: '1', support_type: type, support_style: 'default' }
}

/** `auto_brim` takes no width: Orca works it out. */
function brimSettings(brim: NonNullable<Overrides['brim']>): Settings {
  if (brim === 'auto') return { brim_type: 'auto_brim', brim_width: '0' }
  if (brim === 'none' || brim === 0) return { brim_type: 'no_brim', brim_width: '0' }
  return { brim_type: 'outer_only', brim_width: String(brim) }
}

/** Sentences for the buyer about what this engine cannot do of it. */
export function overrideWarnings({ brim, supports }: Overrides, engine: string): string[] {
  const warnings: string[] = []
  if (supports === 'tree' && engine === 'prusa') {
    warnings.push('The engine prusa has no tree supports: normal ones are printed.')
  }
  if (brim === 'auto' && engine !== 'orca') {
    warnings.push(`The engine ${engine} cannot choose a brim: none is printed. Set brim to its width in mm.`)
  }
  return warnings
}

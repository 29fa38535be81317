/** The types of Orca's settings, from OrcaSlicer's own definitions. */
import schema from 'three-slicer/data/config-schema.json' with { type: 'json' }

export type OptionKind = 'int' | 'float' | 'percent' | 'bool' | 'string' | 'enum' | 'point' | 'float_or_percent'

export interface Option {
  kind: OptionKind
  /** True when there is one value for each extruder, filament or corner. */
  isVector: boolean
  /** The setting that a percentage of this one refers to. */
  ratioOver: string | null
  /** True for a percentage of another kind, such as a fan's speed. */
  isInPercent: boolean
  /** True when it may stay unset, as a filament's overrides of its machine. */
  isNullable: boolean
  default: unknown
}

const kinds: Record<string, [OptionKind, boolean]> = {
  coInt: ['int', false],
  coInts: ['int', true],
  coFloat: ['float', false],
  coFloats: ['float', true],
  coPercent: ['percent', false],
  coPercents: ['percent', true],
  coBool: ['bool', false],
  coBools: ['bool', true],
  coString: ['string', false],
  coStrings: ['string', true],
  coEnum: ['enum', false],
  coEnums: ['enum', true],
  coPoint: ['point', false],
  coPoints: ['point', true],
  coFloatOrPercent: ['float_or_percent', false],
  coFloatsOrPercents: ['float_or_percent', true],
  coPointsGroups: ['string', false],
}

/** Bases of percentages that the definitions leave out. */
const knownRatios: Record<string, string> = { infill_anchor_max: 'sparse_infill_line_width' }

interface Definition {
  type: string
  ratio_over?: string
  sidetext?: string
  nullable?: boolean
  default?: unknown
}

const definitions = schema as Record<string, Definition>

/** Returns undefined for a vendor's own setting. */
export function optionOf(name: string): Option | undefined {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (!definition) return undefined
  const [kind, isVector] = kinds[definition.type] ?? ['string', false]
  return {
    kind,
    isVector,
    ratioOver: knownRatios[name] ?? definition.ratio_over ?? null,
    isInPercent: definition.sidetext === '%',
    isNullable: definition.nullable === true,
    default: definition.default,
  }
}

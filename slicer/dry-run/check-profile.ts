import { isAppError } from '../../schema/http/errors.ts'
import type { CheckProfileRequest, CheckProfileResponse } from '../../schema/http/slicer.ts'
import type { Context } from '../context.ts'
import { readProfile } from '../profiles/profile.ts'
import { imaginePrint } from './imagined-print.ts'
import { suitsPrinter } from './suits-printer.ts'

/**
 * Reads a profile and imagines a print with it, on this printer where it is known. Nothing of a model is needed, and no engine runs:
 * some milliseconds. Errors: too_many_requests.
 */
export function checkProfile(
  ctx: Pick<Context, 'clock' | 'engines' | 'profiles'>,
  request: CheckProfileRequest,
): Promise<CheckProfileResponse> {
  return ctx.profiles.run(() => tryProfile(ctx, request))
}

async function tryProfile(
  ctx: Pick<Context, 'clock' | 'engines'>,
  { profile: contents, printer, overrides }: CheckProfileRequest,
): Promise<CheckProfileResponse> {
  try {
    const profile = readProfile(contents, overrides)
    const { gcode, warnings } = await imaginePrint(profile, printer, ctx.clock())
    const suits = printer ? suitsPrinter(profile, printer, gcode) : { warnings: [], faults: [] }
    const ofEngine = ctx.engines[0].warningsFor?.(profile) ?? []
    return {
      warnings: bounded([...profile.warnings, ...warnings, ...suits.warnings, ...ofEngine]),
      faults: suits.faults.map(message => ({
        code: 'profile_not_for_printer' as const,
        message: message.slice(0, 1000),
      })),
    }
  } catch (error) {
    if (!isAppError(error, 'profile_invalid', 'gcode_rejected')) throw error
    return { warnings: [], faults: [{ code: error.code as 'profile_invalid', message: error.message.slice(0, 1000) }] }
  }
}

function bounded(warnings: string[]): string[] {
  return warnings.slice(0, 50).map(warning => warning.slice(0, 500))
}

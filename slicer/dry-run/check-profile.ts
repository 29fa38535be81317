import { isAppError } from '../../schema/http/errors.ts'
import type { CheckProfileRequest, CheckProfileResponse } from '../../schema/http/slicer.ts'
import type { Context } from '../context.ts'
import { readProfile } from '../profiles/profile.ts'
import { compareWithPrinter } from './compare-with-printer.ts'
import { imaginePrint } from './imagined-print.ts'

/**
 * Reads a profile and assembles an imagined print with it, for this printer when its facts are known. Takes some
 * milliseconds: no model is needed and no engine runs. Errors: too_many_requests.
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
    const findings = printer ? compareWithPrinter(profile, printer, gcode) : { warnings: [], faults: [] }
    const engineWarnings = ctx.engines[0].warningsFor?.(profile) ?? []
    return {
      warnings: limited([...profile.warnings, ...warnings, ...findings.warnings, ...engineWarnings]),
      faults: findings.faults.map(message => ({
        code: 'profile_not_for_printer' as const,
        message: message.slice(0, 1000),
      })),
    }
  } catch (error) {
    if (!isAppError(error, 'profile_invalid', 'gcode_rejected')) throw error
    return { warnings: [], faults: [{ code: error.code as 'profile_invalid', message: error.message.slice(0, 1000) }] }
  }
}

function limited(warnings: string[]): string[] {
  return warnings.slice(0, 50).map(warning => warning.slice(0, 500))
}

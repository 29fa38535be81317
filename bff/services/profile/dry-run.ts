import type { Overrides } from '../../../schema/http/overrides.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { ProfileContents } from '../../../schema/http/profiles.ts'
import type { CheckProfileResponse } from '../../../schema/http/slicer.ts'
import type { Context } from '../../context.ts'

/**
 * What the slicer says of a profile, for a printer where it is known; null when it does not answer. A profile is stored and
 * prepared for all the same then: a slice that cannot be made costs nothing.
 */
export async function dryRun(
  ctx: Context,
  profile: ProfileContents,
  printer: PrinterFacts | null,
  overrides: Overrides = {},
): Promise<CheckProfileResponse | null> {
  try {
    return await ctx.checkProfile({ profile, printer, overrides })
  } catch (error) {
    ctx.log.warn({ err: error }, 'a profile could not be checked: the slicer does not answer')
    return null
  }
}

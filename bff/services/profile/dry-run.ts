import type { Overrides } from '../../../schema/http/overrides.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { ProfileContents } from '../../../schema/http/profiles.ts'
import type { CheckProfileResponse } from '../../../schema/http/slicer.ts'
import type { Context } from '../../context.ts'

/**
 * The slicer's check of a profile, for a printer when its facts are known; null when the slicer does not answer. Storing and
 * preparing continue then: a failed slice costs nothing.
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

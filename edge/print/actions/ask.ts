import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { EdgeContext } from '../../context.ts'
import { ask as askAtPrinter, newNonce, withdraw } from '../../dialog.ts'
import { plainText } from '../../plain-text.ts'

const longestTitle = 80

export interface AskValues {
  prepared: PreparedPurchase
  /** The stub's name in the file list. */
  stub: string | null
  /** Called when Klipper has accepted the question. */
  onAsked: () => void
}

/** After "later" the display shows where the job waits, until the question with this nonce is withdrawn. */
export type Consent = { answer: 'start' | 'void' } | { answer: 'later'; nonce: string }

/**
 * Asks for consent before a job begins that was not started at the printer. Klipper's extra shows a dialog on every screen ("Print
 * Gear? Is the bed clear?"); its status has the answer. Asks once, and withdraws the question when the signal is aborted. Void:
 * something else closed the dialog, such as a restart of Klipper. The answer never spends a right: the job has its right already.
 * Errors: MoonrakerError, printer_offline.
 */
export async function ask(
  ctx: EdgeContext,
  { prepared, stub, onAsked }: AskValues,
  signal: AbortSignal,
): Promise<Consent> {
  const title = plainText(prepared.title, longestTitle)
  const nonce = newNonce(ctx)
  const note = `${title} waits in the file list: ${plainText(stub ?? '')}`
  const lines = [`Print ${title}?`, ...rightsAfter(prepared), 'The marketplace sent this print. Is the bed clear?']
  let isNoteNeeded = false
  try {
    const others = { changes: [], isOver: () => signal.aborted, onAsked: () => signal.aborted || onAsked() }
    const answer = await askAtPrinter(ctx, { nonce, lines, note }, others, signal)
    if (answer !== 'later') return { answer }
    isNoteNeeded = true
    return { answer, nonce }
  } finally {
    if (!isNoteNeeded) await withdraw(ctx, nonce)
  }
}

/** "Profile: PLA 0.2 mm. 1 more print remains after this one." Older marketplaces send neither. */
function rightsAfter({ profile_name, prints_remaining: remaining }: PreparedPurchase): string[] {
  const profile = profile_name === undefined ? '' : `Profile: ${profile_name}.`
  const more =
    remaining === 1 ? '1 more print remains after this one.' : `${remaining || 'No'} more prints remain after this one.`
  const line = plainText(remaining === undefined ? profile : `${profile} ${more}`)
  return line === '' ? [] : [line]
}

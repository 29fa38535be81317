import { eventually } from '../eventually.ts'
import type { PrinterClient } from './printer-client.ts'
import type { EdgeFixture } from './set-up.ts'

export interface Dialog {
  title: string
  /** The last text: KlipperScreen shows only that. */
  text: string
  /** The G-code of each button, by its label. */
  buttons: Record<string, string>
  /** The colour of each button, by its label. */
  colours: Record<string, string>
}

const action = '// action:prompt_'

/** The open dialog, read from the console's lines as Mainsail and Fluidd do; null when none is open. */
export function dialogOf(console: string[]): Dialog | null {
  let building: Dialog = { title: '', text: '', buttons: {}, colours: {} }
  let shown: Dialog | null = null
  for (const line of console.filter(one => one.startsWith(action))) {
    const [, what = '', rest = ''] = /^(\w+) ?(.*)$/.exec(line.slice(action.length)) ?? []
    if (what === 'begin') building = { title: rest, text: '', buttons: {}, colours: {} }
    if (what === 'text') building.text = rest
    if (what === 'button' || what === 'footer_button') {
      const [label = '', gcode = label, colour = ''] = rest.split('|')
      building.buttons[label] = gcode
      building.colours[label] = colour
    }
    if (what === 'show') shown = building
    if (what === 'end') shown = null
  }
  return shown
}

/** Waits for the dialog that asks whether a print may begin. */
export function questionShown({ console }: PrinterClient): Promise<Dialog> {
  return eventually('the question', () => {
    const dialog = dialogOf(console)
    return dialog?.buttons.Start !== undefined && dialog
  })
}

export function noDialog({ console }: PrinterClient): Promise<boolean> {
  return eventually('the dialog is closed', () => dialogOf(console) === null)
}

/** Presses a button of the dialog, as a browser does. Rejects with the printer's error. */
export async function press({ call }: PrinterClient, dialog: Dialog, label: string): Promise<void> {
  await call('printer.gcode.script', { script: dialog.buttons[label] ?? '' })
}

/** The command that Klipper receives when a user closes a dialog by its X. */
export const closeDialog = 'RESPOND TYPE=command MSG=action:prompt_end'

/** Waits until the current job may be started, and returns its stub. */
export async function readyFile({ client }: EdgeFixture): Promise<string> {
  return eventually('the job is ready', async () => {
    const { job } = (await client.agent('status')) as { job: { state: string; file: string } | null }
    return job?.state === 'ready' && job.file
  })
}

/** Runs G-code as if it was typed at the printer. */
export function run({ client }: EdgeFixture, script: string): Promise<unknown> {
  return client.call('printer.gcode.script', { script })
}

/** The message of the printer's error. Throws when there is none. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: Error) => reason,
  )
  if (!error) throw new Error('it was not refused')
  return error.message
}

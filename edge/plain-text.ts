/**
 * Text from the marketplace or of an error, made fit for Klipper's console and dialogs: the UIs render what comes there as
 * HTML, "|" divides the parts of a dialog's button, and a newline would begin another line. Cut between characters: half of
 * one is not text, and Klippy shuts down when it is given something to say that it cannot encode.
 */
export function plainText(text: string, longest = 300): string {
  const plain = text.replaceAll(/[<>&|]/g, '').replaceAll(/[\p{C}\s]+/gu, ' ')
  return [...plain.trim()].slice(0, longest).join('').trim()
}

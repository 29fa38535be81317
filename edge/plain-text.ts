/**
 * Text from the marketplace or of an error, made fit for Klipper's console and dialogs: the UIs render what comes there as
 * HTML, "|" divides the parts of a dialog's button, and a newline would begin another line. Cut between words, and never within
 * a character: half of one is not text, and Klippy shuts down when it is given something to say that it cannot encode.
 */
export function plainText(text: string, longest = 300): string {
  const plain = text.replaceAll(/[<>&|]/g, '').replaceAll(/[\p{C}\s]+/gu, ' ')
  const characters = [...plain.trim()]
  const cut = characters.slice(0, longest).join('')
  if (characters.length <= longest) return cut
  // Behind the last whole word, where that does not lose much.
  const end = /\s/.test(characters[longest] ?? '') ? cut.length : cut.lastIndexOf(' ')
  return cut.slice(0, end > cut.length / 2 ? end : undefined).trim()
}

/** Klipper's messages have several lines, each a sentence or two, often without a full stop. As one line. */
export function joinLines(text: string): string {
  const lines = text.split('\n').map(line => line.trim())
  const isSentence = (line: string) => /[.!?:;,]$/.test(line)
  return lines
    .filter(line => line !== '')
    .map((line, index, all) => (index === all.length - 1 || isSentence(line) ? line : `${line}.`))
    .join(' ')
}

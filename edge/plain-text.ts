/**
 * Makes text from the marketplace, or of an error, safe for Klipper's console and dialogs: the UIs render it as HTML, "|" separates
 * the parts of a dialog's button, and a newline would begin another line. Cuts between words, and never within a character: Klippy
 * shuts down when it must print text that it cannot encode.
 */
export function plainText(text: string, longest = 300): string {
  const plain = text.replaceAll(/[<>&|]/g, '').replaceAll(/[\p{C}\s]+/gu, ' ')
  const characters = [...plain.trim()]
  const cut = characters.slice(0, longest).join('')
  if (characters.length <= longest) return cut
  // After the last whole word, unless that loses too much.
  const end = /\s/.test(characters[longest] ?? '') ? cut.length : cut.lastIndexOf(' ')
  return cut.slice(0, end > cut.length / 2 ? end : undefined).trim()
}

/** Joins the lines of a Klipper message, which often have no full stop, into one line of sentences. */
export function joinLines(text: string): string {
  const lines = text.split('\n').map(line => line.trim())
  const isSentence = (line: string) => /[.!?:;,]$/.test(line)
  return lines
    .filter(line => line !== '')
    .map((line, index, all) => (index === all.length - 1 || isSentence(line) ? line : `${line}.`))
    .join(' ')
}

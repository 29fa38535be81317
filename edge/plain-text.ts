/**
 * Text from the marketplace or of an error, made fit for Klipper's console: the UIs render what comes there as HTML, and a
 * newline would begin another command.
 */
export function plainText(text: string, longest = 300): string {
  const plain = text.replaceAll(/[<>&|]/g, '').replaceAll(/[\p{C}\s]+/gu, ' ')
  return plain.trim().slice(0, longest)
}

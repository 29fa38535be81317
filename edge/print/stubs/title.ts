const longestBytes = 80

/**
 * Makes a file name of a model's title: no folder, no hidden file, nothing that ends a line, a G-code comment or a quoted
 * parameter, nothing that the UIs would render, and short enough for every file system.
 */
export function fileTitle(title: string): string {
  const plain = title
    .normalize('NFC')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .replaceAll(/[/\\:*?"<>|&;#%={}`$]/g, ' ')
    .replaceAll(/ +/g, ' ')
    .replace(/^[ .]+/, '')
  const cut = cutBytes(plain, longestBytes).replace(/[ .]+$/, '')
  return cut === '' ? 'Model' : cut
}

/** Cuts between characters, never inside one. */
function cutBytes(text: string, most: number): string {
  let cut = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > most) break
    cut += character
  }
  return cut
}

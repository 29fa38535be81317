/**
 * Finds a line of G-code that would show more than text on the printer's screens: the web interfaces treat "action:" lines as dialogs or
 * commands, and render markup that a "<" begins. The comment counts, since M117 and M118 print it, too. Backslashes do not, since
 * Klipper removes them from a parameter.
 */
export function showsDialogOrMarkup(line: string): boolean {
  return /<|action:/i.test(line.replaceAll('\\', ''))
}

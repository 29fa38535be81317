/**
 * A line of G-code that would make the printer say more than text: "action:" lines are dialogs with buttons in the interfaces,
 * or commands to them, and a "<" begins markup, which they render. Looked at with its comment, since M117 and M118 say that, too,
 * and without backslashes, which Klipper drops from a parameter.
 */
export function saysMoreThanText(line: string): boolean {
  return /<|action:/i.test(line.replaceAll('\\', ''))
}

interface Entry {
  style: { textContent: string }[]
}

/**
 * Takes Vuetify's theme, which Vuetify otherwise writes into a <style> element, as a constructable stylesheet: the page's
 * policy allows no inline style. Vuetify looks for this object under the name of unhead's.
 */
export function themeSheet(document: Document) {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  const apply = (entry: Entry | (() => Entry)) => {
    const { style } = typeof entry === 'function' ? entry() : entry
    sheet.replaceSync(style.map(({ textContent }) => textContent).join('\n'))
  }
  return {
    push(entry: Entry | (() => Entry)) {
      apply(entry)
      return { patch: apply }
    },
  }
}

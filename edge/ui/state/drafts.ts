/**
 * What a person has typed, kept over a reload: Fluidd empties an embedded page whenever its tab is hidden. Never a password. A
 * browser that forbids storage keeps none.
 */
export interface Drafts {
  load: <T>(name: string) => T | null
  /** Null forgets the draft. */
  save: (name: string, value: unknown) => void
}

/** The methods of a browser's storage that are needed here. */
export interface Stored {
  getItem: (name: string) => string | null
  setItem: (name: string, value: string) => void
  removeItem: (name: string) => void
}

export function createDrafts(storage: () => Stored): Drafts {
  const nameOf = (name: string) => `lmnt.draft.${name}`
  return {
    load(name) {
      try {
        const text = storage().getItem(nameOf(name))
        return text === null ? null : JSON.parse(text)
      } catch {
        return null
      }
    },
    save(name, value) {
      try {
        if (value === null) storage().removeItem(nameOf(name))
        else storage().setItem(nameOf(name), JSON.stringify(value))
      } catch {
        // Without storage a draft lives as long as the page.
      }
    },
  }
}

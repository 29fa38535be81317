import { ref, watch } from 'vue'

export type ThemeChoice = 'auto' | 'dark' | 'light'

const nameInStorage = 'lmnt.theme'

/** What a person has chosen in this browser. A browser that forbids storage forgets it with the page. */
export function createPreferences(storage: () => Storage) {
  const theme = ref<ThemeChoice>(load(storage))
  watch(theme, choice => {
    try {
      storage().setItem(nameInStorage, choice)
    } catch {
      // The choice lasts as long as the page.
    }
  })
  return { theme }
}
export type Preferences = ReturnType<typeof createPreferences>

function load(storage: () => Storage): ThemeChoice {
  try {
    const stored = storage().getItem(nameInStorage)
    return stored === 'dark' || stored === 'light' ? stored : 'auto'
  } catch {
    return 'auto'
  }
}

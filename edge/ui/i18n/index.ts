import type { InjectionKey } from 'vue'
import { createI18n } from 'vue-i18n'
import { de as vuetifyDe, en as vuetifyEn } from 'vuetify/locale'
import type { Stored } from '../state/drafts.ts'
import { de } from './de/index.ts'
import { en } from './en/index.ts'

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

const nameInStorage = 'lmnt.language'

/**
 * English and German, with the person's region where the browser tells it, which decides how dates and numbers are written: "en-GB".
 * Messages are compiled to functions without eval, which the page's policy forbids.
 */
export function createTranslations(preferred: readonly string[], storage: () => Stored) {
  const english = regionalTag('en', preferred)
  const german = regionalTag('de', preferred)
  const tags: Record<Language, string> = { en: english, de: german }
  const i18n = createI18n({
    legacy: false,
    locale: tags[chosen(storage) ?? languageOf(preferred)],
    fallbackLocale: english,
    messages: { [english]: { ...en, $vuetify: vuetifyEn }, [german]: { ...de, $vuetify: vuetifyDe } },
  })
  return {
    i18n,
    /** Null goes back to the browser's language. */
    choose(language: Language | null) {
      try {
        if (language) storage().setItem(nameInStorage, language)
        else storage().removeItem(nameInStorage)
      } catch {
        // The choice then lasts as long as the page.
      }
      i18n.global.locale.value = tags[language ?? languageOf(preferred)]
    },
  }
}
export type Translations = ReturnType<typeof createTranslations>

export const translationsKey: InjectionKey<Translations> = Symbol('translations')

/** The first of the person's languages that there is; else English. */
export function languageOf(preferred: readonly string[]): Language {
  for (const one of preferred) {
    const found = languages.find(language => isOf(language, one))
    if (found) return found
  }
  return 'en'
}

/** The language with the region that the person prefers, such as "en-GB"; without one the language alone. */
export function regionalTag(language: Language, preferred: readonly string[]): string {
  return preferred.find(one => isOf(language, one)) ?? language
}

const isOf = (language: Language, tag: string) => tag.toLowerCase().split('-')[0] === language

function chosen(storage: () => Stored): Language | null {
  try {
    return languages.find(language => language === storage().getItem(nameInStorage)) ?? null
  } catch {
    return null
  }
}

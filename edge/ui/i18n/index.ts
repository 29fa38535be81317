import type { InjectionKey } from 'vue'
import { createI18n } from 'vue-i18n'
import { de as vuetifyDe, en as vuetifyEn } from 'vuetify/locale'
import { de } from './de/index.ts'
import { en } from './en/index.ts'

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

const nameInStorage = 'lmnt.language'

/** English and German. Messages are compiled to functions without eval, which the page's policy forbids. */
export function createTranslations(preferred: readonly string[], storage: () => Storage) {
  const i18n = createI18n({
    legacy: false,
    locale: chosen(storage) ?? languageOf(preferred),
    fallbackLocale: 'en',
    messages: { en: { ...en, $vuetify: vuetifyEn }, de: { ...de, $vuetify: vuetifyDe } },
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
      i18n.global.locale.value = language ?? languageOf(preferred)
    },
  }
}
export type Translations = ReturnType<typeof createTranslations>

export const translationsKey: InjectionKey<Translations> = Symbol('translations')

/** The first of the person's languages that there is; else English. */
export function languageOf(preferred: readonly string[]): Language {
  for (const one of preferred) {
    const found = languages.find(language => one.toLowerCase().split('-')[0] === language)
    if (found) return found
  }
  return 'en'
}

function chosen(storage: () => Storage): Language | null {
  try {
    return languages.find(language => language === storage().getItem(nameInStorage)) ?? null
  } catch {
    return null
  }
}

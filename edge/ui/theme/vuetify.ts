import { useI18n } from 'vue-i18n'
import { createVuetify } from 'vuetify'
import { md2 } from 'vuetify/blueprints'
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg'
import { createVueI18nAdapter } from 'vuetify/locale/adapters/vue-i18n'
import type { Translations } from '../i18n/index.ts'
import { coloursOf, themeNames } from './looks.ts'

/** Vuetify as both hosts use theirs: Material Design 2, dense, outlined fields. Icons are SVG paths: no web font. */
export function createTheming(i18n: Translations['i18n']) {
  // The opacity of labels and hints. Vuetify's 0.6 is too little to be read on light backgrounds (WCAG AA).
  const variables = { 'medium-emphasis-opacity': 0.7 }
  const themes = themeNames.map(name => [
    name,
    { dark: name.endsWith('dark'), colors: coloursOf(name, null), variables },
  ])
  return createVuetify({
    blueprint: md2,
    theme: {
      defaultTheme: 'mainsail-dark',
      variations: false,
      themes: Object.fromEntries(themes),
    },
    icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
    // biome-ignore lint/suspicious/noExplicitAny: the adapter's parameter is vue-i18n's type without our messages.
    locale: { adapter: createVueI18nAdapter({ i18n: i18n as any, useI18n }) },
    defaults: {
      VBtn: { color: undefined, minHeight: 36 },
      VTextField: { variant: 'outlined', density: 'compact', color: 'primary' },
      VTextarea: { variant: 'outlined', density: 'compact', color: 'primary' },
      VSelect: { variant: 'outlined', density: 'compact', color: 'primary' },
      VFileInput: { variant: 'outlined', density: 'compact', color: 'primary', prependIcon: '' },
      VCheckbox: { color: 'primary', density: 'compact' },
      VSwitch: { color: 'primary', density: 'compact', inset: false },
      VAlert: { variant: 'tonal', density: 'compact' },
      VDialog: { maxWidth: 480 },
    },
  })
}

import './styles/vuetify.scss'
import './styles/utilities.css'
import './styles/page.css'
import './styles/parts.css'
import { createApp } from 'vue'
import App from './App.vue'
import { createTranslations, translationsKey } from './i18n/index.ts'
import { createRoutes } from './routes.ts'
import { createPage, pageKey } from './state/page.ts'
import { returnsKey } from './state/returns.ts'
import { themeSheet } from './theme/theme-sheet.ts'
import { createTheming } from './theme/vuetify.ts'

const translations = createTranslations(navigator.languages, () => localStorage)
const page = createPage(window)
page.start()

createApp(App)
  .provide(pageKey, page)
  .provide(returnsKey, page.returns)
  .provide(translationsKey, translations)
  .provide('usehead', themeSheet(document))
  .use(translations.i18n)
  .use(createRoutes())
  .use(createTheming(translations.i18n))
  .mount('#app')

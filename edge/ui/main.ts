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

const page = createPage(window)
const firstAnswers = page.start()
const translations = createTranslations(navigator.languages, () => localStorage)
const app = createApp(App)
  .provide(pageKey, page)
  .provide(returnsKey, page.returns)
  .provide(translationsKey, translations)
  .provide('usehead', themeSheet(document))
  .use(translations.i18n)
  .use(createRoutes())
  .use(createTheming(translations.i18n))
// To draw it once: drawing the frame first and the screen after it takes a slow computer longer than both together.
await firstAnswers
app.mount('#app')

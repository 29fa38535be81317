import { computed, onScopeDispose, ref, watch, watchEffect } from 'vue'
import { useTheme } from 'vuetify'
import type { Page } from '../state/page.ts'
import { lookOfParent, watchParent } from './host-page.ts'
import { lookOfStored } from './host-settings.ts'
import { coloursOf, type Look, themeNameOf } from './looks.ts'

const usual: Look = { host: 'mainsail', isDark: true, primary: null }

/**
 * Draws the page in the look of the host that embeds it, else of the interface at the same address. Dark by default; the person's own
 * choice of theme comes first.
 */
export function useLook(page: Page) {
  const theme = useTheme()
  const parent = ref(lookOfParent(window))
  const stored = ref<Look | null>(null)
  onScopeDispose(
    watchParent(window, () => {
      parent.value = lookOfParent(window)
    }),
  )
  watch(
    () => page.state.value?.settings.host_interface,
    async setting => {
      if (!setting || parent.value) return
      stored.value = await lookOfStored(window.fetch.bind(window), window.location.pathname, setting)
    },
    { immediate: true },
  )

  const look = computed<Look>(() => {
    const choice = page.preferences.theme.value
    const automatic = parent.value ?? stored.value ?? usual
    return choice === 'auto' ? automatic : { ...automatic, isDark: choice === 'dark' }
  })

  watchEffect(() => {
    const name = themeNameOf(look.value)
    Object.assign(theme.themes.value[name]?.colors ?? {}, coloursOf(name, look.value.primary))
    theme.change(name)
    document.documentElement.style.background = coloursOf(name, null).background
    document.documentElement.style.colorScheme = look.value.isDark ? 'dark' : 'light'
  })
  return look
}

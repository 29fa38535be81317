import { readableOn } from './colours.ts'

export type Host = 'mainsail' | 'fluidd'

/** How the page looks. `primary`: the host's accent colour, where its user has chosen one. */
export interface Look {
  host: Host
  isDark: boolean
  primary: string | null
}

const usualPrimary = '#2196f3'

/** The backgrounds of both hosts, as they draw them: the page, a card, and a card's heading. */
const backgrounds = {
  'mainsail-dark': { background: '#121212', surface: '#1e1e1e', heading: '#272727' },
  'mainsail-light': { background: '#fafafa', surface: '#ffffff', heading: '#f0f0f0' },
  'fluidd-dark': { background: '#1e1e20', surface: '#28282b', heading: '#333337' },
  'fluidd-light': { background: '#fafafa', surface: '#ffffff', heading: '#e9e9e9' },
} as const

export type ThemeName = keyof typeof backgrounds
export const themeNames = Object.keys(backgrounds) as ThemeName[]

export function themeNameOf({ host, isDark }: Look): ThemeName {
  return `${host}-${isDark ? 'dark' : 'light'}`
}

/**
 * The colours of a theme. `primary` is for text and icons on cards, `action` is behind white text. Both are the host's accent colour,
 * changed where it would be hard to read.
 */
export function coloursOf(name: ThemeName, primary: string | null) {
  const behind = backgrounds[name]
  const isDark = name.endsWith('dark')
  const accent = primary ?? usualPrimary
  const onAll = [behind.background, behind.surface, behind.heading]
  return {
    ...behind,
    primary: readableOn(accent, onAll),
    action: readableOn(accent, ['#ffffff']),
    'on-action': '#ffffff',
    secondary: isDark ? '#b0b0b0' : '#5f5f5f',
    error: readableOn('#ff5252', onAll),
    warning: readableOn('#fb8c00', onAll),
    success: readableOn('#4caf50', onAll),
    info: readableOn('#2196f3', onAll),
    danger: '#c62828',
    'on-danger': '#ffffff',
  }
}

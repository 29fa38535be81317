import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import vuetify from 'vite-plugin-vuetify'

/** Builds the page into dist/ui. Every path in it is relative: nginx serves it at /server/lmnt/, the edge's own listener at /. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [vue(), vuetify({ autoImport: true })],
  define: { __VUE_I18N_LEGACY_API__: false, __VUE_I18N_FULL_INSTALL__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: '../../dist/ui',
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy forbids data: in styles and fonts, and inline modules.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licences.md' },
  },
})

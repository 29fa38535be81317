import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import vuetify from 'vite-plugin-vuetify'

/** What the first screen needs, in one file. */
const firstChunk = 'page'

/**
 * Has Chromium compile the first file whole while it loads, beside the main thread. Otherwise the main thread compiles each function when
 * it is first called, which takes longer than running them.
 */
const compileWhileLoading: Plugin = {
  name: 'compile-while-loading',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const first = Object.values(bundle).find(file => file.type === 'chunk' && file.name === firstChunk)
      if (first?.type !== 'chunk') return this.error(`There is no chunk "${firstChunk}" to compile while it loads.`)
      first.code = `//# allFunctionsCalledOnLoad\n${first.code}`
    },
  },
}

/** Puts the rules of Vuetify's components into a layer: the page's own come first, in whatever order files are loaded. */
const vuetifyInLayer: Plugin = {
  name: 'vuetify-in-layer',
  enforce: 'pre',
  transform: {
    filter: { id: /\/vuetify\/lib\/components\/.*\.css$/ },
    handler: css => `@layer vuetify {${css}}`,
  },
}

/** Builds the page into dist/ui. Every path in it is relative: nginx serves it at /server/lmnt/, the edge's own listener at /. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [vue(), vuetify({ autoImport: true }), vuetifyInLayer, compileWhileLoading],
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
    rolldownOptions: {
      output: {
        codeSplitting: { groups: [{ name: firstChunk, tags: ['$initial'] }] },
      },
    },
  },
})

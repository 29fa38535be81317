import { createRouter, createWebHashHistory } from 'vue-router'
import PrintScreen from './screens/print/PrintScreen.vue'

/** Hash routes: the page is one file at an address that it does not know. The first screen comes with the page, others on demand. */
export function createRoutes() {
  return createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', name: 'print', component: PrintScreen },
      { path: '/models', name: 'models', component: () => import('./screens/models/ModelsScreen.vue') },
      {
        path: '/models/:purchase_id',
        name: 'prepare',
        props: true,
        component: () => import('./screens/prepare/PrepareScreen.vue'),
      },
      { path: '/catalogue', name: 'catalogue', component: () => import('./screens/catalogue/CatalogueScreen.vue') },
      { path: '/history', name: 'history', component: () => import('./screens/history/HistoryScreen.vue') },
      { path: '/printer', name: 'printer', component: () => import('./screens/printer/PrinterScreen.vue') },
      { path: '/security', name: 'security', component: () => import('./screens/security/SecurityScreen.vue') },
      { path: '/settings', name: 'settings', component: () => import('./screens/settings/SettingsScreen.vue') },
      { path: '/login', name: 'login', component: () => import('./screens/login/LoginScreen.vue') },
      { path: '/:rest(.*)', redirect: { name: 'print' } },
    ],
    scrollBehavior: () => ({ top: 0 }),
  })
}

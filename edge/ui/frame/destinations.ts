import {
  mdiCartOutline,
  mdiCogs,
  mdiCubeOutline,
  mdiHistory,
  mdiPrinter3d,
  mdiPrinter3dNozzle,
  mdiShieldCheckOutline,
} from '@mdi/js'

/** The page's screens, in the order of its navigation. */
export const destinations = [
  { name: 'print', icon: mdiPrinter3dNozzle },
  { name: 'models', icon: mdiCubeOutline },
  { name: 'catalogue', icon: mdiCartOutline },
  { name: 'history', icon: mdiHistory },
  { name: 'printer', icon: mdiPrinter3d },
  { name: 'security', icon: mdiShieldCheckOutline },
  { name: 'settings', icon: mdiCogs },
] as const

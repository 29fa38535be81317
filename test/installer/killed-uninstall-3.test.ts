import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed-uninstall.bats', { part: 3, of: 3 })

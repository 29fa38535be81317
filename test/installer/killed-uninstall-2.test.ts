import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed-uninstall.bats', { part: 2, of: 3 })

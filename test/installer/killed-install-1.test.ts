import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed-install.bats', { part: 1, of: 3 })

import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed.bats', { part: 3, of: 3 })

import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed.bats', { part: 1, of: 3 })

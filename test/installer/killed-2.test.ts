import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed.bats', { part: 2, of: 3 })

import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/killed.bats')

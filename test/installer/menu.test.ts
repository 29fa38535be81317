import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/menu.bats')

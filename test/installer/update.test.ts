import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/update.bats', { isArchiveWhole: true })

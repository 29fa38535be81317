import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/archive.bats', { isArchiveWhole: true })

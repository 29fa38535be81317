import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/moonraker.bats', { isArchiveWhole: true })

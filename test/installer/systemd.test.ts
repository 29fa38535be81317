import { runBats } from '../make/installer/bats.ts'

await runBats('test/installer/systemd.bats')

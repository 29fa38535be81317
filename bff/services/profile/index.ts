export { createProfile } from './create.ts'
export { dryRun } from './dry-run.ts'
export { listProfiles } from './list.ts'

export { createProfile } from './create.ts'
export { listProfiles } from './list.ts'

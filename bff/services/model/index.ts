export { getModel, getThumbnail } from './get.ts'
export { listModels } from './list.ts'
export { publishModel } from './publish.ts'
export { removeAbandonedModels } from './remove-abandoned.ts'

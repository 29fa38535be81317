export { copyUri, findSlice } from './find.ts'
export { dropCopy, removeCopy, storeSlice } from './store.ts'
export { trimSlices } from './trim.ts'

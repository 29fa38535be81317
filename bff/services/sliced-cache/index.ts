export { copyUri, findSlice, keyOf } from './find.ts'
export { dropCopy, removeCopy, storeSlice } from './store.ts'
export { trimSlices } from './trim.ts'

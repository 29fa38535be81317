export { getReceipt } from './get.ts'

export {
  beginRequest,
  deleteRequest,
  isExpired,
  keyReused,
  leaseMs,
  recordBody,
  releaseRequest,
  releaseRequests,
  renewLease,
  type Stored,
  storeAnswer,
} from './keys.ts'
export { idFor, type Operation, oncePerOperation } from './operation.ts'

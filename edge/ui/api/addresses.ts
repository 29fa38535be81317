import { pictureOf } from '../../../schema/page/pictures.ts'

/** Addresses relative to the page, of one of several printers of the host; null is the first printer. */
export function createAddresses(printer: string | null) {
  const query = printer === null ? '' : `?printer=${encodeURIComponent(printer)}`
  return {
    /** A path of the API, such as "session". */
    address: (path: string) => `api/${path}${query}`,
    /** The page outside of a frame, at a route such as "/login". `base`: its address by another protocol. */
    fullPage: (route: string, base = './') => `${base}${query}#${route}`,
    pictureOf: {
      job: (printJobId: string) => pictureOf.job(printJobId) + query,
      model: (modelId: string) => pictureOf.model(modelId) + query,
      layer: (preparationId: string, index: number) => pictureOf.layer(preparationId, index) + query,
    },
  }
}
export type Addresses = ReturnType<typeof createAddresses>

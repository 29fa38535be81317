import { maxPreviews } from '../../schema/http/slice.ts'

const fewest = 8
const layersPerPicture = 10

/**
 * The numbers (from 0) of the layers that are drawn: each layer of a low print, 8 to 24 of a higher one, the more the higher it
 * is. They are evenly spread, with the first and the last.
 */
export function chooseLayers(count: number): number[] {
  const wanted = Math.min(maxPreviews, Math.max(fewest, Math.ceil(count / layersPerPicture)))
  const pictures = Math.min(count, wanted)
  if (pictures <= 1) return count > 0 ? [0] : []
  return Array.from({ length: pictures }, (_, index) => Math.round((index * (count - 1)) / (pictures - 1)))
}

import type { ModelMetadata, ModelResponse } from '../../schema/http/models.ts'
import { binaryStl, box } from '../make/slicer/models.ts'
import { must, type PatientClient } from './marketplace.ts'

/** The price of every model, in HBAR and in PRINT. */
export const price = 10n

/** The designer publishes a small tile. Repeating a request with the same title returns the same model. */
export async function publish(
  designer: PatientClient,
  { title, prints }: { title: string; prints: number },
): Promise<ModelResponse> {
  const terms = {
    license_type: 'prints',
    price_hbar: String(price),
    price_print: String(price),
    prints_allowed: prints,
  }
  const metadata: ModelMetadata = {
    title,
    description: '',
    nft_id: null,
    units: null,
    allow_scaling: false,
    licenses: [terms],
  }
  const file = new Uint8Array(binaryStl(box(8, 8, 2)))
  const form = () => {
    const form = new FormData()
    form.set('metadata', JSON.stringify(metadata))
    form.set('model', new Blob([file], { type: 'model/stl' }), 'tile.stl')
    return form
  }
  return must(await designer.upload<ModelResponse>('/api/publish-model', form, title.replaceAll(' ', '-')))
}

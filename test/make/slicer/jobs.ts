/** Slicing jobs whose models are in the bucket. */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Google } from '../../../local/google/start.ts'
import { encryptModel } from '../../../schema/gcode/model.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { ProfileContents } from '../../../schema/http/profiles.ts'
import type { SlicingJob } from '../../../schema/messages/slicing.ts'
import { bucket, putObject } from './cloud.ts'
import type { Marketplace } from './marketplace.ts'

/** Stores a model and adds its preparation. Returns the message, the marketplace's answer to its start, and the printer's key. */
export async function makeJob(google: Google, marketplace: Marketplace, file: Buffer, profile: ProfileContents) {
  const { started, psek } = marketplace.addPreparation(profile)
  const job: SlicingJob = {
    purchase_id: started.purchase_id,
    preparation_id: started.preparation_id,
    print_profile_id: newId('profile', randomBytes),
    printer_id: started.printer_id,
    ...(await storeModel(google, marketplace, file)),
    stl_units: null,
  }
  return { job, started, psek }
}

/** Stores a model encrypted, as the marketplace does. Returns its fields of messages. */
export async function storeModel(google: Google, marketplace: Marketplace, file: Buffer) {
  const modelId = newId('model', randomBytes)
  const [dek, iv] = [randomBytes(32), randomBytes(16)]
  const { stream, mac } = encryptModel({ dek, iv })
  const ciphertext = Buffer.concat(await Readable.from([file]).pipe(stream).toArray())
  await putObject(google, `models/${modelId}`, ciphertext)
  marketplace.keys.set(`wrapped-dek-${modelId}`, dek)
  return {
    model_id: modelId,
    stl_gcs_uri: `gs://${bucket}/models/${modelId}`,
    stl_dek: `wrapped-dek-${modelId}`,
    stl_iv: iv.toString('base64'),
    stl_mac: mac().toString('base64'),
  }
}

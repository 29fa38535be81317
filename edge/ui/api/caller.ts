import type { PageCalls, PageMethod } from '../../../schema/page/index.ts'
import type { Client } from './client.ts'
import { CallError } from './problem.ts'

/** The files of a profile. Without a name it gets that of its presets. */
export interface ProfileFiles {
  files: File[]
  name: string
  idempotencyKey: string
}

export interface Caller {
  /** Calls a method of the edge. Errors: CallError. */
  call: <Method extends PageMethod>(
    method: Method,
    params: PageCalls[Method]['params'],
  ) => Promise<PageCalls[Method]['answer']>
  /** The method add_profile for files, which are too long for `call`. Errors: CallError. */
  uploadProfile: (profile: ProfileFiles) => Promise<PageCalls['add_profile']['answer']>
}

/** `onSessionEnded`: a call was refused because nobody is logged in. */
export function createCaller(client: Client, onSessionEnded: () => Promise<void>): Caller {
  async function watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (error instanceof CallError && error.status === 401 && error.code !== 'wrong_credentials')
        await onSessionEnded()
      throw error
    }
  }
  return {
    call: (method, params) => watched(client.post(`call/${method}`, params)),
    uploadProfile({ files, name, idempotencyKey }) {
      const form = new FormData()
      for (const file of files) form.append('files', file)
      form.append('name', name)
      return watched(client.postForm('upload-profile', form, idempotencyKey))
    },
  }
}

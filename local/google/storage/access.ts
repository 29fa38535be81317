import { z } from 'zod'
import type { TokenIssuer } from '../issuer/issuer.ts'
import { StorageError } from './errors.ts'

/** The predefined roles that we grant, with the permissions that they stand for. */
const permissionsOf = {
  bucketViewer: ['buckets.get'],
  objectViewer: ['objects.get', 'objects.list'],
  objectCreator: ['objects.create'],
  objectAdmin: ['objects.get', 'objects.list', 'objects.create', 'objects.delete', 'objects.update'],
} as const

type Role = keyof typeof permissionsOf
export type Permission = (typeof permissionsOf)[Role][number]

/** A line of a bucket's IAM policy. `prefix` is the condition resource.name.startsWith(".../objects/PREFIX"). */
export const grantSchema = z.object({
  member: z.email(),
  role: z.enum(Object.keys(permissionsOf) as [Role, ...Role[]]),
  prefix: z.string().min(1).max(1024).optional(),
})

export type Grant = z.infer<typeof grantSchema>

export interface Access {
  /** The account of a request's access token; 401 without a valid token. */
  identify: (authorization: string | undefined) => Promise<string>
  /** Refuses with 403 unless a grant of the bucket allows the permission. */
  require: (email: string, permission: Permission, bucket: string, object?: string) => void
  /** Refuses with 403 accounts that may not make buckets. */
  requireBucketCreator: (email: string) => void
}

export interface AccessOptions {
  issuer: TokenIssuer
  grants: ReadonlyMap<string, readonly Grant[]>
  bucketCreators: readonly string[]
}

export function storageAccess({ issuer, grants, bucketCreators }: AccessOptions): Access {
  const denied = (email: string, permission: string, resource: string) =>
    new StorageError(403, 'forbidden', `${email} does not have storage.${permission} access to ${resource}.`)

  return {
    async identify(authorization) {
      const token = /^Bearer (\S{1,4096})$/.exec(authorization ?? '')?.[1]
      if (!token) throw new StorageError(401, 'required', 'Anonymous caller does not have storage access.')
      const email = await issuer.accountOf(token)
      if (!email) throw new StorageError(401, 'authError', 'Invalid Credentials')
      return email
    },

    require(email, permission, bucket, object) {
      const isAllowed = (grants.get(bucket) ?? []).some(
        ({ member, role, prefix }) =>
          member === email &&
          (permissionsOf[role] as readonly Permission[]).includes(permission) &&
          // A condition on an object's name is never true for calls that name only the bucket, such as list.
          (prefix === undefined || object?.startsWith(prefix) === true),
      )
      if (!isAllowed) throw denied(email, permission, object === undefined ? bucket : `${bucket}/${object}`)
    },

    requireBucketCreator(email) {
      if (!bucketCreators.includes(email)) throw denied(email, 'buckets.create', 'the project')
    },
  }
}

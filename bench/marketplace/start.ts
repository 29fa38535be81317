import { type Instances, startInstances } from '../../test/make/marketplace-process.ts'
import { startTestPostgres } from '../../test/make/postgres-server.ts'

/** Works with a database server of its own, in which the tests' helpers make their databases. */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  const postgres = await startTestPostgres()
  process.env.LMNT_TEST_POSTGRES = postgres.socketDir
  try {
    return await work()
  } finally {
    await postgres.stop()
  }
}

/** Works with `count` processes of the marketplace over one database. */
export function withMarketplace<T>(count: number, work: (marketplace: Instances) => Promise<T>): Promise<T> {
  return withDatabase(async () => {
    const marketplace = await startInstances(count)
    try {
      return await work(marketplace)
    } finally {
      await marketplace.close()
    }
  })
}

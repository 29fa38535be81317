import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'

export const entity = z.string().regex(/^0\.0\.\d{1,19}$/)
export const transactionId = z.string().regex(/^0\.0\.\d{1,19}-\d{1,19}-\d{1,9}$/)
export const sequence = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
export const time = z.string().regex(/^\d{1,19}(\.\d{1,9})?$/)

const maxLimit = 100
export const page = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .default(25)
    .transform(limit => Math.min(limit, maxLimit)),
  order: z.enum(['asc', 'desc']).default('asc'),
})

/** "gt:5", "lte:9" or "5": which numbers a filter lets through. */
export const sequenceFilter = z
  .string()
  .regex(/^((gt|gte|lt|lte|eq):)?\d{1,15}$/)
  .transform(text => {
    const [operator, value] = text.includes(':') ? text.split(':') : ['eq', text]
    return { operator: operator as keyof typeof comparisons, value: Number(value) }
  })

const comparisons = {
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
  eq: (a: number, b: number) => a === b,
}

export function passes(number: number, filters: z.infer<typeof sequenceFilter>[]): boolean {
  return filters.every(({ operator, value }) => comparisons[operator](number, value))
}

/** Reads a parameter; the mirror's answer to one that it cannot read is 400 with the parameter's name. */
export function read<T extends z.ZodType>(schema: T, value: unknown, name: string): z.infer<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new HTTPException(400, { message: `Invalid parameter: ${name}` })
}

/** The value, or the mirror's 404 when it is missing. */
export function found<T>(item: T | undefined): T {
  if (item === undefined) throw new HTTPException(404, { message: 'Not found' })
  return item
}

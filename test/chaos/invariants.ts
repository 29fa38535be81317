import { isDeepStrictEqual } from 'node:util'
import type { TransactionRecord } from '../../local/hedera/state.ts'
import { type Currency, currencies } from '../../schema/http/money.ts'
import { add, balanceOf, bothWays, brief, countBy, debitOf, transfersFor } from './evidence.ts'
import { type Observed, observe, type Preparation, type Purchase } from './observed.ts'
import type { Population } from './population.ts'
import type { World } from './world.ts'

/** A broken invariant, with the rows that show it. */
export interface Broken {
  invariant: string
  rows: readonly unknown[]
}

type Check = (observed: Observed) => unknown[]

/** Checks the observed state. Returns every broken invariant. */
export async function checkInvariants(
  world: World,
  population: Population,
): Promise<{ broken: Broken[]; done: string }> {
  const observed = await observe(world, population)
  const broken = Object.entries(checks)
    .map(([invariant, check]) => ({ invariant, rows: check(observed) }))
    .filter(({ rows }) => rows.length > 0)
  const bought = observed.purchases.filter(isPaid).length
  const refunded = observed.purchases.filter(one => one.status === 'refunded').length
  const sliced = observed.preparations.filter(one => one.was_released).length
  const renewed = observed.preparations.filter(one => one.was_released && one.renews !== null).length
  const printed = observed.jobs.filter(one => one.outcome === 'success').length
  const done = `${bought} bought (${refunded} refunded), ${sliced} sliced (${renewed} renewed), ${printed} of ${observed.jobs.length} printed`
  return { broken, done }
}

const checks: Record<string, Check> = {
  'a purchase is paid exactly once when it is active, and given back once when it is refunded': observed =>
    observed.purchases.flatMap(purchase => {
      const [paid, back] = bothWays(observed, purchase)
      const isWhole = (one: TransactionRecord) => debitOf(observed, one, purchase.currency) === purchase.price
      const wanted = { paid: isPaid(purchase) ? 1 : 0, back: purchase.status === 'refunded' ? 1 : 0 }
      const isRight = paid.length === wanted.paid && back.length === wanted.back && [...paid, ...back].every(isWhole)
      return isRight ? [] : [{ ...purchase, paid: paid.map(brief), back: back.map(brief) }]
    }),

  // After a temporary failure, the same request makes a new purchase: no money had moved.
  'one request to buy makes at most one purchase': observed =>
    observed.population.people.flatMap(person => {
      const isMade = (one: Purchase) => one.user_id === person.userId && one.status !== 'failed'
      const made = observed.purchases.filter(isMade)
      return made.length <= person.buys ? [] : [{ person: person.name, buys: person.buys, purchases: made }]
    }),

  'what a person was told to have bought is paid': observed =>
    observed.population.people.flatMap(person =>
      person.purchases
        .filter(id => !observed.purchases.some(one => one.purchase_id === id && isPaid(one)))
        .map(id => ({ person: person.name, purchase_id: id })),
    ),

  'a slice is released for its fee, paid once, and no fee is paid without one': observed =>
    observed.preparations.flatMap(preparation => {
      const paid = transfersFor(observed, preparation.preparation_id)
      const isRight =
        preparation.was_released && preparation.renews === null
          ? paid.length === 1 && debitOf(observed, paid[0]!, preparation.fee_currency) === preparation.slicing_fee
          : paid.length === 0
      return isRight ? [] : [{ ...preparation, paid: paid.map(brief) }]
    }),

  'a preparation has the overrides that were asked for': observed =>
    observed.population.people.flatMap(person =>
      person.prepared
        .map(asked => ({
          ...asked,
          made: observed.preparations.find(one => one.preparation_id === asked.preparationId),
        }))
        .filter(({ overrides, made }) => !isDeepStrictEqual(made?.overrides, overrides)),
    ),

  'a renewal costs nothing and has the settings of a slice that was paid': observed =>
    observed.preparations
      .filter(one => one.renews !== null)
      .map(renewal => ({ renewal, paid: observed.preparations.find(one => one.preparation_id === renewal.renews) }))
      .filter(({ renewal, paid }) => {
        const isSame = paid && isDeepStrictEqual(settingsOf(renewal), settingsOf(paid))
        return renewal.slicing_fee !== 0n || !isSame || !paid.was_released || paid.renews !== null
      }),

  'a wallet holds what it was given less what it bought': observed =>
    observed.population.people.flatMap(person =>
      (['hbar', 'print'] as const).flatMap(currency => {
        const own = observed.purchases.filter(one => one.user_id === person.userId)
        const bought = own.filter(one => one.status === 'active' && one.currency === currency)
        const isOwn = (one: Preparation) => own.some(purchase => purchase.purchase_id === one.purchase_id)
        const sliced = observed.preparations.filter(
          one => isOwn(one) && one.was_released && one.fee_currency === currency,
        )
        const spent = [...bought.map(one => one.price), ...sliced.map(one => one.slicing_fee)].reduce(add, 0n)
        const expected = person.funded * 10n ** BigInt(currencies[currency].decimals) - spent
        const balance = balanceOf(observed, person.accountId, currency)
        return balance === expected ? [] : [{ person: person.name, account: person.accountId, balance, expected }]
      }),
    ),

  'the sum of all balances is what there was at the beginning': observed => {
    const accounts = [...observed.ledger.accounts.keys()]
    const sum = (currency: Currency) => accounts.map(id => balanceOf(observed, id, currency)).reduce(add, 0n)
    const expected = { hbar: allTinybar, print: observed.ledger.tokens.get(observed.printToken)?.supply ?? 0n }
    return (['hbar', 'print'] as const)
      .map(currency => ({ currency, sum: sum(currency), expected: expected[currency] }))
      .filter(one => one.sum !== one.expected)
  },

  'used rights are the prints that the printers saw succeed': observed =>
    observed.purchases.flatMap(purchase => {
      const runs = observed.runs.filter(run => run.job === purchase.purchase_id)
      const complete = runs.filter(run => run.state === 'complete')
      const jobs = observed.jobs.filter(job => job.purchase_id === purchase.purchase_id)
      // A printer that was removed by force may finish its print: its owner was told that the job counts as failed.
      const forced = jobs.filter(job => job.status === 'failure' && job.error?.startsWith('The printer was removed'))
      // Prints that succeeded after their job had expired and another job had taken the right.
      const overrun = jobs.filter(job => job.outcome === 'print_overrun')
      const beyond = complete.length - purchase.prints_used - overrun.length
      return beyond >= 0 && beyond <= forced.length ? [] : [{ ...purchase, runs, jobs }]
    }),

  'used rights are the jobs that succeeded': observed =>
    observed.purchases.flatMap(purchase => {
      const jobs = observed.jobs.filter(job => job.purchase_id === purchase.purchase_id)
      return jobs.filter(job => job.outcome === 'success').length === purchase.prints_used
        ? []
        : [{ ...purchase, jobs }]
    }),

  'used and reserved rights are never more than were bought, and no right stays reserved': ({ purchases }) =>
    purchases.filter(one => one.prints_used > one.prints_allowed || one.prints_reserved !== 0),

  'a print that succeeded ran the lines that were sealed': observed =>
    observed.runs.filter(
      run =>
        run.state === 'complete' &&
        !observed.preparations.some(one => one.purchase_id === run.job && one.sha256 === run.sha256),
    ),

  'what was asked for once is published once, and what is sold or ready to print is in the bucket': observed => {
    const missing = [
      ...observed.models.map(one => ({ ...one, isKept: one.status === 'published', uri: one.file_url })),
      ...observed.preparations.map(one => ({
        ...one,
        isKept: one.status === 'completed',
        uri: one.gcode_file_url ?? '',
      })),
    ].filter(one => one.isKept && !observed.objects.has(one.uri))
    const wrong = observed.population.publications.flatMap(publication => {
      const made = observed.models.filter(one => one.title === publication.title && one.status === 'published')
      const isRight = publication.model
        ? made.length === 1 && made[0]?.model_id === publication.model.model_id
        : made.length <= 1
      return isRight ? [] : [{ ...publication, made }]
    })
    return [...missing, ...wrong]
  },

  'a registration that was asked for once is one printer, and the last one counts': observed =>
    observed.population.people.flatMap(person => {
      const own = observed.printers.filter(one => one.user_id === person.userId)
      const active = own.filter(one => one.status === 'active')
      return own.length === person.registers && active.every(one => one.printer_id === person.printerId)
        ? []
        : [{ person: person.name, registers: person.registers, last: person.printerId, printers: own }]
    }),

  'every event that is owed is on the topic, once': observed => {
    const times = countBy(observed.messages, message => message.event_id)
    return observed.events
      .filter(event => times.get(event.event_id) !== 1)
      .map(event => ({ ...event, times: times.get(event.event_id) ?? 0 }))
  },

  'nothing is on the topic twice, or without being owed': observed => {
    const times = countBy(observed.messages, message => message.event_id)
    return observed.messages.filter(({ event_id }) => times.get(event_id) !== 1 || !observed.owed.has(event_id))
  },

  'each thing that happened has its event, and each event its thing': observed => {
    const expected = [
      ...observed.purchases.filter(isPaid).map(one => `model_purchase ${one.purchase_id}`),
      ...observed.purchases.filter(one => one.status === 'refunded').map(one => `model_refund ${one.purchase_id}`),
      ...observed.preparations.filter(one => one.was_released).map(one => `model_prepare ${one.preparation_id}`),
      ...observed.preparations
        .filter(one => one.was_released && one.renews === null)
        .map(one => `slicing_fee ${one.preparation_id}`),
      ...observed.jobs.filter(one => one.outcome === 'success').map(one => `model_print ${one.print_job_id}`),
      ...observed.jobs.filter(one => one.outcome === 'failure').map(one => `print_failure ${one.print_job_id}`),
      ...observed.printers.map(one => `printer_registered ${one.printer_id}`),
      ...observed.printers.filter(one => one.status === 'revoked').map(one => `printer_revoked ${one.printer_id}`),
    ]
    const actual = observed.events.map(({ type, payload }) => `${type} ${payload[subjectOf[type] ?? '']}`)
    const [wanted, had] = [countBy(expected, one => one), countBy(actual, one => one)]
    return [...new Set([...expected, ...actual])]
      .filter(one => wanted.get(one) !== had.get(one))
      .map(event => ({ event, expected: wanted.get(event) ?? 0, owed: had.get(event) ?? 0 }))
  },
}

const allTinybar = 50_000_000_000n * 100_000_000n

/** The field of an event that names its subject. */
const subjectOf: Record<string, string> = {
  model_purchase: 'purchase_id',
  model_refund: 'purchase_id',
  model_prepare: 'preparation_id',
  slicing_fee: 'preparation_id',
  model_print: 'print_job_id',
  print_failure: 'print_job_id',
  printer_registered: 'printer_id',
  printer_revoked: 'printer_id',
}

function settingsOf({ purchase_id, printer_id, print_profile_id, overrides }: Preparation) {
  return { purchase_id, printer_id, print_profile_id, overrides }
}

/** True when the purchase was paid, even if it was refunded later. */
function isPaid({ status }: Purchase): boolean {
  return status === 'active' || status === 'refunded'
}

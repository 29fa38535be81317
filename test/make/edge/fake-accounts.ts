/**
 * The part of the fake marketplace for users: accounts, sessions, printers, and the routes that take a user's token. It checks
 * tokens like the real one, so that a test sees whose request was accepted.
 */
import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import { loginRequest, refreshRequest } from '../../../schema/http/auth.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import { type PrepareRequest, prepareRequest } from '../../../schema/http/preparations.ts'
import { registerPrinterRequest } from '../../../schema/http/printers.ts'

export interface Person {
  user_id: string
  email: string
  password: string
  /** The access token of the first log-in; a refresh gives another. */
  token: string
}

function person(name: string, password: string, userId: string): Person {
  const token = `${encode({ alg: 'EdDSA' })}.${encode({ sub: userId })}.signature-of-${name}`
  return { user_id: userId, email: `${name}@example.test`, password, token }
}

function encode(claims: object): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

export const user = person('ada', 'correct horse battery', 'user_00000000000000000000000001')
export const stranger = person('bob', 'staple of another horse', 'user_00000000000000000000000002')

export interface FakePrinter {
  printer_id: string
  owner: Person
  name: string
  /** Valid tokens, oldest first; empty once the printer is removed. */
  tokens: string[]
}

export interface FakeAccounts {
  printers: FakePrinter[]
  /** Valid access tokens and their users. */
  tokens: Map<string, Person>
  /** Valid refresh tokens and their users. */
  refreshTokens: Map<string, Person>
  /** The requests to prepare, each with its Idempotency-Key. */
  prepared: { request: PrepareRequest; key: string | undefined }[]
  /** Called after a printer was registered, before the answer is sent. */
  onRegistered: () => void
  person: (authorization: string | undefined) => Person
  printer: (authorization: string | undefined) => FakePrinter
}

const bearer = (authorization: string | undefined) => authorization?.replace('Bearer ', '') ?? ''

export function createAccounts(): FakeAccounts {
  const accounts: FakeAccounts = {
    printers: [],
    tokens: new Map(),
    refreshTokens: new Map(),
    prepared: [],
    onRegistered: () => {},
    person(authorization) {
      const found = accounts.tokens.get(bearer(authorization))
      if (found) return found
      throw new AppError('unauthenticated', 'The token is not valid.')
    },
    printer(authorization) {
      const found = accounts.printers.find(one => one.tokens.includes(bearer(authorization)))
      if (found) return found
      const isOld = bearer(authorization).startsWith('printer.')
      throw isOld
        ? new AppError('printer_revoked', 'This printer was removed from the marketplace: register it again.')
        : new AppError('unauthenticated', 'The token is not valid.')
    },
  }
  return accounts
}

type App = Hono<{ Bindings: HttpBindings }>

/** `endJobs` ends the active jobs, or throws printer_busy when there are some and `isForced` is false. */
export function addAccountRoutes(app: App, accounts: FakeAccounts, endJobs: (isForced: boolean) => void): void {
  let count = 0

  function session(owner: Person, accessToken: string) {
    const refreshToken = `refresh-token-of-more-than-20-characters-${++count}`
    accounts.tokens.set(accessToken, owner)
    accounts.refreshTokens.set(refreshToken, owner)
    return {
      user_id: owner.user_id,
      role: 'enthusiast',
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: refreshToken,
    }
  }

  app.post('/api/auth/login', async c => {
    const { email, password } = loginRequest.parse(await c.req.json())
    const found = [user, stranger].find(one => one.email === email && one.password === password)
    if (!found) throw new AppError('wrong_credentials', 'E-mail or password is wrong.')
    return c.json(session(found, found.token))
  })
  app.post('/api/auth/refresh', async c => {
    const { refresh_token } = refreshRequest.parse(await c.req.json())
    const owner = accounts.refreshTokens.get(refresh_token)
    if (!owner) throw new AppError('unauthenticated', 'The refresh token is no longer valid. Log in again.')
    accounts.refreshTokens.delete(refresh_token)
    return c.json(session(owner, `${owner.token}-again-${++count}`))
  })
  app.post('/api/auth/logout', async c => {
    accounts.refreshTokens.delete(refreshRequest.parse(await c.req.json()).refresh_token)
    return c.body(null, 204)
  })

  app.post('/api/register-printer', async c => {
    const owner = accounts.person(c.req.header('authorization'))
    const { name, description } = registerPrinterRequest.parse(await c.req.json())
    const printer_id = newId('printer', randomBytes)
    const printer_token = `printer.jwt.token-${++count}`
    accounts.printers.push({ printer_id, owner, name, tokens: [printer_token] })
    accounts.onRegistered()
    return c.json({
      status: 'registered',
      printer_id,
      user_id: owner.user_id,
      name,
      description,
      kek_encrypted_psek_for_gcode_encryption: 'wrapped-psek',
      encrypted_psek: 'wrapped-psek',
      kek_id: 'wrapped-psek',
      printer_token,
      expires_in: 2_592_000,
    })
  })
  app.post('/api/printers/refresh-token', c => {
    const printer = accounts.printer(c.req.header('authorization'))
    const printer_token = `printer.jwt.token-${++count}`
    printer.tokens.push(printer_token)
    return c.json({ printer_token, expires_in: 2_592_000 })
  })
  app.get('/api/printers', c => {
    const owner = accounts.person(c.req.header('authorization'))
    const own = accounts.printers.filter(one => one.owner === owner && one.tokens.length > 0)
    const rest = { description: '', printer_may_print: true, last_seen_at: null, created_at: new Date().toISOString() }
    return c.json({ printers: own.map(({ printer_id, name }) => ({ printer_id, name, ...rest })) })
  })
  app.delete('/api/printers/:id', c => {
    const authorization = c.req.header('authorization')
    const printer = accounts.printers.find(one => one.printer_id === c.req.param('id') && one.tokens.length > 0)
    const isPrinter = bearer(authorization).startsWith('printer.')
    const owner = isPrinter ? accounts.printer(authorization).owner : accounts.person(authorization)
    if (!printer) throw new AppError('not_found', 'There is no such printer.')
    if (printer.owner !== owner) throw new AppError('forbidden', 'That printer belongs to somebody else.')
    endJobs(c.req.query('force') === 'true')
    printer.tokens = []
    return c.body(null, 204)
  })

  app.post('/api/prepare', async c => {
    const owner = accounts.person(c.req.header('authorization'))
    const request = prepareRequest.parse(await c.req.json())
    if (request.user_id !== owner.user_id) throw new AppError('forbidden', 'user_id is not the user of your token.')
    accounts.prepared.push({ request, key: c.req.header('idempotency-key') })
    const { purchase_id, print_profile_id, printer_id, storage_currency } = request
    return c.json(
      {
        status: 'pending',
        purchase_id,
        preparation_id: newId('preparation', randomBytes),
        print_profile_id,
        printer_id,
        gcode_file_url: null,
        gcode_download_url_proxy: null,
        slicing_fee: 0.5,
        slicing_fee_exact: { amount: '0.5', currency: storage_currency },
        ttl_hours: 24,
      },
      202,
    )
  })
  app.get('/api/receipts/:id', c => {
    accounts.person(c.req.header('authorization'))
    const payment = { transaction_id: null, status: 'settled', consensus_timestamp: null }
    const amount = { amount: '1', currency: 'hbar' }
    const answer = {
      purchase_id: c.req.param('id'),
      topic_id: '0.0.7',
      events: [],
      events_before: c.req.query('before') ?? null,
    }
    return c.json({ ...answer, payment: { ...payment, amount } })
  })
}

import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { newId } from '../../../schema/http/ids.ts'
import type { Fixture } from './set-up.ts'

export interface Answer {
  status: number
  result: Record<string, unknown>
  message: string
}

const purchase_id = newId('purchase', randomBytes)
const model_id = newId('model', randomBytes)
const print_job_id = newId('job', randomBytes)
export const profile = { print_profile_id: newId('profile', randomBytes), storage_currency: 'hbar' }
const preparation_id = newId('preparation', randomBytes)
/**
 * All methods that spend, register or reveal, with valid arguments except the token. Not models, model and model_picture: the
 * marketplace shows those to everyone.
 */
export const guarded = {
  logout_user: {},
  register_printer: { name: 'Voron' },
  unregister_printer: {},
  purchases: {},
  prepare_model: { purchase_id, ...profile },
  print_model: { purchase_id },
  history: {},
  set_config: { auto_start: true },
  audit_log: { purchase_id },
  wallet: {},
  buy_model: { model_id, license_type: 'pay-per-print', storage_currency: 'hbar' },
  purchase: { purchase_id },
  print_profiles: {},
  add_profile: { files: [{ name: 'Voron.json', content: Buffer.from('{}').toString('base64') }] },
  remove_profile: { print_profile_id: profile.print_profile_id },
  prepare_status: { purchase_id },
  cancel_prepare: { preparation_id },
  layer_picture: { preparation_id, index: 0 },
  move_in_queue: { print_job_id, position: 0 },
  remove_from_queue: { print_job_id },
  security_log: {},
}

/** Calls the edge's methods through Moonraker, by HTTP and by JSON-RPC. */
export function componentClient(fixture: () => Fixture) {
  return { post, postPlainly, form, ask, rpc }

  /** As an app on the network does: with `confirm` from the answer of status. */
  async function post(method: string, args: object = {}): Promise<Answer> {
    const { confirm } = (await ask('status')).result
    return postPlainly(method, { ...args, ...(confirm === undefined ? {} : { confirm }) })
  }

  async function postPlainly(method: string, args: object): Promise<Answer> {
    return ask(method, { method: 'POST', body: JSON.stringify(args), headers: { 'content-type': 'application/json' } })
  }

  /** As a form of another website is sent. */
  async function form(path: string, fields: [string, string][]): Promise<{ status: number; message: string }> {
    const answer = await fetch(fixture().host.printer.url + path, {
      method: 'POST',
      headers: { origin: 'https://attacker.test' },
      body: new URLSearchParams(fields),
    })
    const body = (await answer.json()) as { error?: { message: string } }
    return { status: answer.status, message: body.error?.message ?? '' }
  }

  async function ask(method: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`${fixture().host.printer.url}/machine/lmnt_marketplace/${method}`, init)
    const body = (await answer.json()) as { result?: Record<string, unknown>; error?: { message: string } }
    return { status: answer.status, result: body.result ?? {}, message: body.error?.message ?? '' }
  }

  function rpc(method: string, args?: object): Promise<Record<string, unknown>> {
    return fixture().host.client.call(`machine.lmnt_marketplace.${method}`, args) as Promise<Record<string, unknown>>
  }
}

export function refusal(promise: Promise<unknown>): Promise<{ code: number; message: string }> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: { code: number; message: string }) => error,
  )
}

import { addProfile } from './add-profile.ts'
import { auditLog } from './audit-log.ts'
import { buyModel } from './buy-model.ts'
import { cancelJob } from './cancel-job.ts'
import { cancelPrepare } from './cancel-prepare.ts'
import { config } from './config.ts'
import type { AgentContext } from './context.ts'
import { history } from './history.ts'
import { layerPicture } from './layer-picture.ts'
import { loginUser } from './login-user.ts'
import { logoutUser } from './logout-user.ts'
import { model } from './model.ts'
import { modelPicture } from './model-picture.ts'
import { models } from './models.ts'
import { moveInQueue } from './move-in-queue.ts'
import { overview } from './overview.ts'
import { pausePrint } from './pause-print.ts'
import { prepareModel } from './prepare-model.ts'
import { prepareStatus } from './prepare-status.ts'
import { printModel } from './print-model.ts'
import { printProfiles } from './print-profiles.ts'
import { purchase } from './purchase.ts'
import { purchases } from './purchases.ts'
import { queue } from './queue.ts'
import { registerPrinter } from './register-printer.ts'
import { removeFromQueue } from './remove-from-queue.ts'
import { removeProfile } from './remove-profile.ts'
import { renewPrinterToken } from './renew-token.ts'
import { resumePrint } from './resume-print.ts'
import { securityLog } from './security-log.ts'
import { setConfig } from './set-config.ts'
import { skipObject } from './skip-object.ts'
import { startJob } from './start-job.ts'
import { status } from './status.ts'
import { unregisterPrinter } from './unregister-printer.ts'
import { wallet } from './wallet.ts'

export interface Method {
  run: (ctx: AgentContext, params: unknown) => unknown
  /** True: a call by Moonraker needs `confirm`. Not login_user, whose caller has to know a password. */
  changes: boolean
  page: PageAccess
}

/**
 * Who may call a method at the printer's page, which adds the token of the person who is logged in.
 * `anyone`: who can open the page. `token if any`: the same, with the token when somebody is logged in. `log-in`: who is logged in; the
 * token is not needed, so the marketplace may be away. `token`: who is logged in, with the token. `nobody`: the answer has a token, or the
 * page has its own route for it.
 */
export type PageAccess = 'anyone' | 'token if any' | 'log-in' | 'token' | 'nobody'

/** For a person. */
const reads = (run: Method['run']): Method => ({ run, changes: false, page: 'token' })
const changes = (run: Method['run']): Method => ({ run, changes: true, page: 'token' })
/** For everyone who can open the page. */
const controls = (run: Method['run']): Method => ({ run, changes: true, page: 'anyone' })
const watches = (run: Method['run']): Method => ({ run, changes: false, page: 'anyone' })

/**
 * The agent's methods. Moonraker trusts the whole LAN, which is no log-in at the marketplace: a method that registers, spends or
 * reveals needs the person's JWT; status and control of the current job do not.
 */
export const methods: Record<string, Method> = {
  login_user: { run: loginUser, changes: false, page: 'nobody' },
  logout_user: { run: logoutUser, changes: true, page: 'nobody' },
  register_printer: changes(registerPrinter),
  unregister_printer: changes(unregisterPrinter),
  models: reads(models),
  model: reads(model),
  model_picture: reads(modelPicture),
  wallet: reads(wallet),
  buy_model: changes(buyModel),
  purchases: reads(purchases),
  purchase: reads(purchase),
  print_profiles: reads(printProfiles),
  add_profile: changes(addProfile),
  remove_profile: changes(removeProfile),
  prepare_model: changes(prepareModel),
  prepare_status: reads(prepareStatus),
  cancel_prepare: changes(cancelPrepare),
  layer_picture: reads(layerPicture),
  print_model: changes(printModel),
  move_in_queue: changes(moveInQueue),
  remove_from_queue: changes(removeFromQueue),
  history: reads(history),
  audit_log: reads(auditLog),
  security_log: reads(securityLog),
  set_config: changes(setConfig),
  // For everyone on the LAN, without a token.
  status: { run: status, changes: false, page: 'nobody' },
  overview: watches(overview),
  config: watches(config),
  queue: { run: queue, changes: false, page: 'token if any' },
  pause_print: controls(pausePrint),
  resume_print: controls(resumePrint),
  skip_object: controls(skipObject),
  cancel_job: controls(cancelJob),
  // At the page these need a log-in.
  start_job: { run: startJob, changes: true, page: 'log-in' },
  renew_token: { run: renewPrinterToken, changes: true, page: 'log-in' },
}

/** What the environment means for the marketplace. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serviceConfig, toSettings } from '../../bff/config.ts'
import { clientNetwork } from '../../runtime/client-network.ts'
import { readConfig } from '../../runtime/config.ts'

const environment = {
  PORT: '8080',
  MARKETPLACE_URL: 'https://marketplace.example',
  CWS_URL: 'https://cws.example',
  SLICER_URL: 'https://slicer.example',
  TOKEN_KEY_FILE: 'token.jwk',
  GOOGLE_CLOUD_PROJECT: 'project',
  ENVIRONMENT: 'dev',
  BUCKET_NAME: 'lmnt-dev',
  SLICER_SERVICE_ACCOUNT: 'slicer@project.example',
  PUSH_SERVICE_ACCOUNT: 'push@project.example',
  SCHEDULER_SERVICE_ACCOUNT: 'scheduler@project.example',
  LEDGER_NETWORK: 'testnet',
  LEDGER_NODES: '127.0.0.1:9=0.0.3',
  LEDGER_MIRROR_URL: 'https://mirror.example',
  LEDGER_OPERATOR_ID: '0.0.2',
  LEDGER_TOPIC_ID: '0.0.1001',
  FEE_ACCOUNT_ID: '0.0.1002',
  SLICING_FEE_TINYBAR: '0',
}
const settings = (more: Record<string, string> = {}) =>
  toSettings(readConfig(serviceConfig, { ...environment, ...more }))

test('on Cloud Run, clients behind its front end are told apart', () => {
  const { trustedProxies } = settings({ K_SERVICE: 'bff' })
  const remote = '169.254.1.1'
  const network = (forwardedFor: string) => clientNetwork({ remote, forwardedFor }, trustedProxies)
  assert.is(network('203.0.113.5'), '203.0.113.5')
  assert.is(network('203.0.113.6'), '203.0.113.6')
  assert.is(network('198.51.100.1, 203.0.113.6'), '203.0.113.6', 'what the client wrote itself is not believed')
})

test('elsewhere X-Forwarded-For is not believed, unless TRUSTED_PROXIES counts the proxies', () => {
  assert.is(settings().trustedProxies, 0)
  assert.is(settings({ TRUSTED_PROXIES: '2' }).trustedProxies, 2)
  assert.is(settings({ K_SERVICE: 'bff', TRUSTED_PROXIES: '0' }).trustedProxies, 0)
})

test.run()

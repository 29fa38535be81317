import { createShell } from '../runtime/http.ts'
import type { VerifyIdToken } from '../runtime/id-token.ts'
import { authenticate } from './authenticate.ts'
import type { Context } from './context.ts'
import type { AppEnv } from './env.ts'
import { authRoutes } from './routes/auth.ts'
import { downloadRoutes } from './routes/download.ts'
import { internalRoutes } from './routes/internal.ts'
import { modelRoutes } from './routes/models.ts'
import { preparationRoutes } from './routes/preparations.ts'
import { printJobRoutes } from './routes/print-jobs.ts'
import { printerRoutes } from './routes/printers.ts'
import { profileRoutes } from './routes/profiles.ts'
import { purchaseRoutes } from './routes/purchases.ts'
import { receiptRoutes } from './routes/receipts.ts'
import { walletRoutes } from './routes/wallet.ts'

export interface AppOptions {
  context: Omit<Context, 'actor'>
  verifyIdToken: VerifyIdToken
  /** Resolves when the database answers. */
  ready: () => Promise<void>
}

/** The head of /openapi.json. */
export const apiDocument = {
  openapi: '3.0.3',
  info: { title: 'LMNT Marketplace', version: '1.0.0', description: 'Pay-per-print for 3D models.' },
}

/** The marketplace API. Requests arrive here; each group of paths has a file in routes/, each verb a file in services/. */
export function createApp({ context, verifyIdToken, ready }: AppOptions) {
  const app = createShell<AppEnv>({ log: context.log, ready })
  app.use(authenticate(context, verifyIdToken))

  authRoutes(app)
  modelRoutes(app)
  purchaseRoutes(app)
  walletRoutes(app)
  receiptRoutes(app)
  profileRoutes(app)
  preparationRoutes(app)
  printerRoutes(app)
  printJobRoutes(app)
  downloadRoutes(app)
  internalRoutes(app)

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  app.doc('/openapi.json', apiDocument)
  return app
}

import { X509Certificate } from 'node:crypto'
import type { Hono } from 'hono'
import { html } from 'hono/html'
import { AppError } from '../../../schema/http/errors.ts'
import type { WebEnv } from '../env.ts'
import type { WebParts } from '../parts.ts'

/** trust: how to trust this printer's certificates. ca.crt: the certificate of its CA, which is no secret. */
export function trustRoutes(app: Hono<WebEnv>, { authority }: WebParts): void {
  const requireAuthority = () => {
    const pem = authority()
    if (pem !== null) return new X509Certificate(pem)
    throw new AppError('not_found', 'HTTPS is switched off in [web] of lmnt-edge.cfg.')
  }
  app.get('/ca.crt', c => {
    const headers = {
      'content-type': 'application/x-x509-ca-cert',
      'content-disposition': 'attachment; filename="lmnt-printer-ca.crt"',
    }
    return c.body(new Uint8Array(requireAuthority().raw), 200, headers)
  })
  app.get('/trust', c => {
    const { fingerprint256, subject } = requireAuthority()
    const words = /^\s*de\b/i.test(c.req.header('accept-language') ?? '') ? german : english
    const name = /CN=(.*)/.exec(subject)?.[1] ?? ''
    const steps = words.steps.map(([system, text]) => html`<dt>${system}</dt><dd>${text}</dd>`)
    return c.html(html`<!doctype html>
<html lang="${words.lang}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${words.title}</title>
<style nonce="${c.get('nonce')}">
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; background: #121212; color: #eee }
a { color: #64b5f6 } dt { font-weight: bold; margin-top: 1rem } dd { margin: 0 } code { overflow-wrap: anywhere }
</style>
<h1>${words.title}</h1>
<p>${words.why}</p>
<p><a href="ca.crt" download>${words.download}</a></p>
<p>${words.check}<br><code>${name}<br>SHA-256 ${fingerprint256}</code></p>
<dl>${steps}</dl>
</html>`)
  })
}

interface Words {
  lang: string
  title: string
  why: string
  download: string
  check: string
  steps: readonly (readonly [system: string, text: string])[]
}

const english: Words = {
  lang: 'en',
  title: 'Trust this printer’s certificate',
  why: 'The printer made its certificate itself, so your browser does not know it. Once you have added the printer’s certificate authority, the browser opens the page without a warning and notices when somebody else answers in the printer’s place. The authority can only vouch for local names and addresses, not for websites.',
  download: 'Download the certificate authority (lmnt-printer-ca.crt)',
  check:
    'The log of the LMNT service on the printer’s host has the same fingerprint at each start. Compare it before you trust the file:',
  steps: [
    [
      'Windows',
      'Open the file, choose "Install Certificate", "Local Machine", and the store "Trusted Root Certification Authorities".',
    ],
    ['macOS', 'Open the file with Keychain Access, then set "Always Trust" in its details.'],
    [
      'iPhone, iPad',
      'Open the file, install the profile in Settings, then switch it on in General, About, Certificate Trust Settings.',
    ],
    ['Android', 'Settings, Security, Encryption & credentials, Install a certificate, CA certificate.'],
    ['Linux', 'Chrome: Settings, Privacy and security, Security, Manage certificates, Authorities, Import.'],
    ['Firefox', 'Settings, Privacy & Security, View Certificates, Authorities, Import; tick "identify websites".'],
  ],
}

const german: Words = {
  lang: 'de',
  title: 'Dem Zertifikat dieses Druckers vertrauen',
  why: 'Der Drucker hat sein Zertifikat selbst erstellt, deshalb kennt der Browser es nicht. Sobald die Zertifizierungsstelle des Druckers hinzugefügt ist, öffnet der Browser die Seite ohne Warnung und bemerkt, wenn jemand anderes an Stelle des Druckers antwortet. Die Stelle kann nur für lokale Namen und Adressen bürgen, nicht für Websites.',
  download: 'Zertifizierungsstelle herunterladen (lmnt-printer-ca.crt)',
  check:
    'Das Log des LMNT-Dienstes auf dem Host des Druckers nennt bei jedem Start denselben Fingerabdruck. Vor dem Vertrauen vergleichen:',
  steps: [
    [
      'Windows',
      'Datei öffnen, „Zertifikat installieren“, „Lokaler Computer“, Speicher „Vertrauenswürdige Stammzertifizierungsstellen“ wählen.',
    ],
    ['macOS', 'Datei mit der Schlüsselbundverwaltung öffnen, in den Details „Immer vertrauen“ wählen.'],
    [
      'iPhone, iPad',
      'Datei öffnen, das Profil in den Einstellungen installieren und unter Allgemein, Info, Zertifikatsvertrauenseinstellungen einschalten.',
    ],
    ['Android', 'Einstellungen, Sicherheit, Verschlüsselung und Anmeldedaten, Zertifikat installieren, CA-Zertifikat.'],
    [
      'Linux',
      'Chrome: Einstellungen, Datenschutz und Sicherheit, Sicherheit, Zertifikate verwalten, Zertifizierungsstellen, Importieren.',
    ],
    [
      'Firefox',
      'Einstellungen, Datenschutz & Sicherheit, Zertifikate anzeigen, Zertifizierungsstellen, Importieren; „Websites identifizieren“ ankreuzen.',
    ],
  ],
}

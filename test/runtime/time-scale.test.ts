import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { ConfigError, readConfig } from '../../runtime/config.ts'
import { requireRealTime, scaled, timeScaleConfig } from '../../runtime/time-scale.ts'

const test = suite('TIME_SCALE')
const read = (env: Record<string, string>) => readConfig(z.object(timeScaleConfig), env)

test('without it a duration is as long as it is', () => {
  const { TIME_SCALE: timeScale } = read({})
  assert.is(scaled(180, { timeScale }), 180)
})

test('a time scale shortens a duration', () => {
  const { TIME_SCALE: timeScale } = read({ TIME_SCALE: '30' })
  assert.is(scaled(180, { timeScale }), 6)
})

test('a time scale cannot lengthen a duration or make it zero', () => {
  for (const wrong of ['0', '0.5', '-1', 'soon', '1e9']) assert.throws(() => read({ TIME_SCALE: wrong }), /TIME_SCALE/)
})

test('a service that is connected to a real network refuses to start with it', () => {
  assert.throws(
    () => requireRealTime({ TIME_SCALE: 2 }, true),
    (error: unknown) => error instanceof ConfigError && error.message.includes('TIME_SCALE'),
  )
  requireRealTime({ TIME_SCALE: 1 }, true)
  requireRealTime({ TIME_SCALE: 2 }, false)
})

test.run()

/**
 * The data dictionary of a micro-controller that is not there. Klippy learns from a dictionary what a micro-controller
 * understands; with this one, and /dev/null in place of a serial port, it runs without any. The names and fields are those
 * that Klippy asks for by name; a command that it never uses is left out.
 */
const commands = [
  'identify offset=%u count=%c',
  'get_clock',
  'get_uptime',
  'get_config',
  'allocate_oids count=%c',
  'finalize_config crc=%u',
  'emergency_stop',
  'clear_shutdown',
  'reset',
  'config_stepper oid=%c step_pin=%c dir_pin=%c invert_step=%c step_pulse_ticks=%u',
  'queue_step oid=%c interval=%u count=%hu add=%hi',
  'set_next_step_dir oid=%c dir=%c',
  'reset_step_clock oid=%c clock=%u',
  'stepper_get_position oid=%c',
  'stepper_stop_on_trigger oid=%c trsync_oid=%c',
  'config_endstop oid=%c pin=%c pull_up=%c',
  'endstop_home oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u pin_value=%c trsync_oid=%c trigger_reason=%c',
  'endstop_query_state oid=%c',
  'config_trsync oid=%c',
  'trsync_start oid=%c report_clock=%u report_ticks=%u expire_reason=%c',
  'trsync_set_timeout oid=%c clock=%u',
  'trsync_trigger oid=%c reason=%c',
  'config_digital_out oid=%c pin=%u value=%c default_value=%c max_duration=%u',
  'set_digital_out_pwm_cycle oid=%c cycle_ticks=%u',
  'queue_digital_out oid=%c clock=%u on_ticks=%u',
  'update_digital_out oid=%c value=%c',
  'set_digital_out pin=%u value=%c',
  'config_analog_in oid=%c pin=%u',
  'query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u min_value=%hu max_value=%hu range_check_count=%c',
]

const responses = [
  'clock clock=%u',
  'uptime high=%u clock=%u',
  'config is_config=%c crc=%u is_shutdown=%c move_count=%hu',
  'shutdown clock=%u static_string_id=%hu',
  'is_shutdown static_string_id=%hu',
  'starting',
  'stats count=%u sum=%u sumsq=%u',
  'stepper_position oid=%c pos=%i',
  'endstop_state oid=%c homing=%c next_clock=%u pin_value=%c',
  'trsync_state oid=%c can_trigger=%c trigger_reason=%c clock=%u',
  'analog_in_state oid=%c next_clock=%u value=%hu',
]

/** P0 to P63. */
export const pinCount = 64

/** The dictionary as Klippy's option -d reads it. Message 0 is fixed by the protocol; the others may have any number. */
export function dictionaryText(): string {
  const number = (formats: string[], first: number) =>
    Object.fromEntries(formats.map((format, index) => [format, first + index]))
  return JSON.stringify({
    app: 'a micro-controller that is not there',
    version: '1',
    build_versions: 'none',
    license: 'GPL-3.0-or-later',
    commands: number(commands, 1),
    responses: { 'identify_response offset=%u data=%.*s': 0, ...number(responses, commands.length + 1) },
    enumerations: { pin: { P0: [0, pinCount] }, static_string_id: { Shutdown: [1, 1] } },
    config: {
      CLOCK_FREQ: 20_000_000,
      MCU: 'virtual',
      ADC_MAX: 4095,
      PWM_MAX: 255,
      STATS_SUMSQ_BASE: 256,
      STEPPER_STEP_BOTH_EDGE: 1,
    },
  })
}

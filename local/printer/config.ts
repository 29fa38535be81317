/** The values of a real printer's configuration files; sections and options are Klipper's and Moonraker's own. */
export interface PrinterFiles {
  gcodesDir: string
  /** The edge's socket, for our extra; null: a printer without it. */
  streamSocket: string | null
  klippySocket: string
  port: number
  /** More options of [lmnt_stream], such as "pause_after: 1". */
  streamOptions: string[]
  /** More lines of printer.cfg, such as the sections of macros. */
  macros: string[]
  /** More options of moonraker.conf's [lmnt_marketplace], such as "warn_after: 1". */
  componentOptions: string[]
  /** More lines of moonraker.conf, such as the section of its job queue. */
  moonrakerSections: string[]
  /** True: lmnt_line_record.py counts and hashes the lines of a print. */
  isRecorded: boolean
  /** Klipper itself refuses sections that only Kalico has. */
  isKalico: boolean
}

/** A cartesian printer that can be moved and heated without a sensor: nothing measures, so nothing is out of range. */
export function printerCfg({
  gcodesDir,
  streamSocket,
  streamOptions,
  macros,
  isRecorded,
  isKalico,
}: PrinterFiles): string {
  const axis = (name: string, pin: number) => `
[stepper_${name}]
step_pin: P${pin}
dir_pin: P${pin + 1}
enable_pin: !P${pin + 2}
microsteps: 16
rotation_distance: 40
endstop_pin: P${pin + 3}
position_endstop: 0
position_max: 300
homing_speed: 50
`
  const heater = (pin: number) => `heater_pin: P${pin}
sensor_type: EPCOS 100K B57560G104F
sensor_pin: P${pin + 1}
control: watermark
min_temp: -270
max_temp: 300
`
  const patience = (name: string) => `
[verify_heater ${name}]
max_error: 1000000
check_gain_time: 1000000
`
  const ours = streamSocket
    ? `
[lmnt_stream]
socket: ${streamSocket}
${streamOptions.join('\n')}
${isRecorded ? '\n[lmnt_line_record]\n' : ''}`
    : ''
  return `[mcu]
serial: /dev/null

[printer]
kinematics: cartesian
max_velocity: 300
max_accel: 3000
${isKalico ? '\n[telemetry]\nenabled: False\n' : ''}${axis('x', 0)}${axis('y', 4)}${axis('z', 8)}
[extruder]
step_pin: P12
dir_pin: P13
enable_pin: !P14
microsteps: 16
rotation_distance: 33.5
nozzle_diameter: 0.4
filament_diameter: 1.75
min_extrude_temp: -270
max_extrude_only_distance: 1000
max_extrude_cross_section: 1000
${heater(16)}
[heater_bed]
${heater(18)}${patience('extruder')}${patience('heater_bed')}
[fan]
pin: P20

[force_move]
enable_force_move: True

[virtual_sdcard]
path: ${gcodesDir}

[pause_resume]

[display_status]

[respond]
${ours}
${macros.join('\n')}
`
}

export function moonrakerConf({
  klippySocket,
  port,
  streamSocket,
  componentOptions,
  moonrakerSections,
}: PrinterFiles): string {
  const ours = `
[lmnt_marketplace]
${componentOptions.join('\n')}
`
  return `[server]
host: 127.0.0.1
port: ${port}
klippy_uds_address: ${klippySocket}

[authorization]
trusted_clients: 127.0.0.1

[machine]
provider: none
validate_service: False

[file_manager]
enable_object_processing: False

[history]
${streamSocket ? ours : ''}
${moonrakerSections.join('\n')}`
}

# What happens to files that somebody else changes while the service is installed.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  config=$home/printer_data/config
  cp -a "$home/printer_data" "$host/original"
  install_it
}
teardown() { remove_host; }

uninstall() { run_script --yes --uninstall; }

@test "what SAVE_CONFIG and an editor have written stays, and our line goes" {
  sed -i 's/pid_kp = 22.2/pid_kp = 30.1/; s/max_velocity: 300/max_velocity: 500/' "$config/printer.cfg"
  printf '\n[timelapse]\n' >>"$config/moonraker.conf"
  uninstall
  diff "$config/printer.cfg" <(sed 's/pid_kp = 22.2/pid_kp = 30.1/; s/max_velocity: 300/max_velocity: 500/' "$host/original/config/printer.cfg")
  diff "$config/moonraker.conf" <(cat "$host/original/config/moonraker.conf" && printf '\n[timelapse]\n')
}

@test "a service that another installer adds to moonraker.asvc stays" {
  echo octoeverywhere >>"$home/printer_data/moonraker.asvc"
  uninstall
  [ "$(cat "$home/printer_data/moonraker.asvc")" = $'klipper_mcu\nwebcamd\nKlipperScreen\noctoeverywhere' ]
}

@test "an editor that made CRLF out of a file: our line goes with its line end" {
  sed -i 's/$/\r/' "$config/printer.cfg"
  uninstall
  not grep -q lmnt "$config/printer.cfg"
}

@test "a line of ours that somebody has removed is added again by the next run, and removed at the end" {
  sed -i '/lmnt-stream/d; s/max_velocity: 300/max_velocity: 400/' "$config/printer.cfg"
  run_script --yes
  grep -qxF '[include lmnt-stream.cfg]' "$config/printer.cfg"
  uninstall
  diff "$config/printer.cfg" <(sed 's/max_velocity: 300/max_velocity: 400/' "$host/original/config/printer.cfg")
}

@test "options of lmnt-edge.cfg that the user has set stay at the next run" {
  sed -i 's/^#auto_start: false/auto_start: true/' "$config/lmnt-edge.cfg"
  : >"$host/commands"
  run_script --yes --marketplace https://other.example
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
  grep -qxF 'auto_start: true' "$config/lmnt-edge.cfg"
  grep -qxF 'marketplace_url: https://other.example' "$config/lmnt-edge.cfg"
}

@test "links that a Klipper update has removed are made again by the service's start" {
  rm "$home/klipper/klippy/extras/lmnt_stream"
  rm -r "$home/moonraker"
  mkdir -p "$home/moonraker/moonraker/components" && give_to_user
  script=$home/lmnt-edge/install.sh run run_script --relink
  [ "$status" -eq 0 ]
  [[ $output == *"Restart Klipper and Moonraker when the printer is idle"* ]]
  [ -e "$home/klipper/klippy/extras/lmnt_stream/__init__.py" ]
  [ -e "$home/moonraker/moonraker/components/lmnt_marketplace.py" ]
  script=$home/lmnt-edge/install.sh run run_script --relink
  [ "$output" = "" ]
}

@test "git clean and a hard reset of Klipper leave the link alone" {
  as_user git -C "$home/klipper" reset -q --hard
  as_user git -C "$home/klipper" clean -qdff
  [ -L "$home/klipper/klippy/extras/lmnt_stream" ]
}

@test "files that the service makes are removed, files of others beside them are not" {
  mkdir -p "$home/printer_data/gcodes/LMNT" "$home/printer_data/comms/lmnt" "$home/.lmnt-edge/printer"
  printf '; stub\nSTREAM_GCODE_LINE JOB=purch_1\n' >"$home/printer_data/gcodes/LMNT/Vase.gcode"
  echo G28 >"$home/printer_data/gcodes/LMNT/mine.gcode"
  echo '{}' >"$home/.lmnt-edge/printer/jobs.json"
  echo log >"$home/printer_data/logs/lmnt-edge.log.1"
  give_to_user
  uninstall
  [ "$(ls "$home/printer_data/gcodes/LMNT")" = mine.gcode ]
  [ ! -e "$home/.lmnt-edge" ] && [ ! -e "$home/printer_data/comms/lmnt" ] && [ ! -e "$home/printer_data/logs/lmnt-edge.log.1" ]
}

# What Klipper or Moonraker would not start with, once the file is gone.
no_include_is_left() {
  uninstall
  not grep -rqE '^\[include .*lmnt' "$home"
}

@test "a SAVE_CONFIG that has put a file in the place of a link: our line goes out of that file, too" {
  uninstall
  mkdir "$home/repo"
  mv "$config/printer.cfg" "$home/repo/" && ln -s "$home/repo/printer.cfg" "$config/printer.cfg"
  give_to_user
  install_it
  cp "$config/printer.cfg" "$host/new" && rm "$config/printer.cfg"
  sed 's/22.2/30.1/' "$host/new" >"$config/printer.cfg" && give_to_user
  no_include_is_left
  diff "$config/printer.cfg" <(sed 's/22.2/30.1/' "$host/original/config/printer.cfg")
  diff "$home/repo/printer.cfg" "$host/original/config/printer.cfg"
}

@test "a configuration that was moved into a repository and linked: our line goes out of it" {
  mkdir "$home/repo"
  mv "$config"/{printer.cfg,moonraker.conf} "$home/repo/" && ln -s "$home"/repo/* "$config/"
  give_to_user
  no_include_is_left
  diff "$home/repo/printer.cfg" "$host/original/config/printer.cfg"
  diff "$home/repo/moonraker.conf" "$host/original/config/moonraker.conf"
}

@test "include lines of ours that were moved into another file, or have got a comment, go as well" {
  sed -i '/lmnt/d' "$config/printer.cfg"
  sed -i '1i [include ../lmnt-stream.cfg]' "$config/macros/a.cfg"
  sed -i 's/^.include lmnt.*/&   # the marketplace/' "$config/moonraker.conf"
  no_include_is_left
  diff "$config/macros/a.cfg" "$host/original/config/macros/a.cfg"
  diff "$config/moonraker.conf" "$host/original/config/moonraker.conf"
}

@test "a printer whose files are gone does not keep the service from being removed" {
  rm "$config/moonraker.conf"
  uninstall
  rm -r "$home/printer_data" && cp -a "$host/original" "$home/printer_data" && give_to_user
  install_it
  rm -r "$home/printer_data"
  uninstall
  [ ! -e "$home/lmnt-edge" ] && [ ! -e "$home/.lmnt-edge" ] && [ ! -e "$root/etc/systemd/system/lmnt-edge.service" ]
}

# Restarts, prints in progress, webcams and API keys: a small server answers as Moonraker. Real Moonraker: test/printer-real.
# shellcheck disable=SC2016,SC2034,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host

setup() {
  make_host && make_programs
  says=$host/moonraker
  mkdir -m 777 "$says"
  node test/make/installer/fake-moonraker.mjs "$says" 3>&- &
  moonraker_pid=$!
  local tries=0
  until [ -s "$says/port" ] || [ $((tries++)) -gt 300 ]; do sleep 0.1; done
  port=$(cat "$says/port")
  make_printer && give_to_user
}
teardown() { remove_host; }

called() { grep -q -- "$1" "$says/calls"; }
commanded() { grep -qxF -- "sudo systemctl $1" "$host/commands"; }

@test "an idle printer: Klipper and Moonraker are restarted once, and not by a second run" {
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  commanded 'restart klipper.service' && commanded 'restart moonraker.service'
  : >"$host/commands"
  run_script --yes
  not commanded 'restart klipper.service'
  not commanded 'restart moonraker.service'
}

@test "printing, paused, or moving by hand: nothing is restarted, and the report says what to run" {
  local file
  for file in print_state=printing print_state=paused idle_state=Printing; do
    rm -f "$says"/*_state
    echo "${file#*=}" >"$says/${file%=*}"
    run install_it
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"When it is idle, run: sudo systemctl restart klipper.service moonraker.service"* ]]
    not commanded 'restart klipper.service'
  done
  # The restart is still due: the first run after the print does it.
  rm -f "$says"/*_state
  run_script --yes
  commanded 'restart klipper.service'
}

@test "Klipper in an error prints nothing: it is restarted" {
  echo error >"$says/klippy_state"
  install_it
  commanded 'restart klipper.service'
}

@test "without sudo Moonraker itself restarts them" {
  command_that sudo 'exit 1'
  give_to_user
  install_it
  called 'machine.services.restart {"service":"klipper"}'
  called 'machine.services.restart {"service":"moonraker"}'
}

@test "two printers: each has its own units" {
  rm -r "$home/printer_data" "$root"/etc/systemd/system/*
  make_printer printer_1_data && make_printer printer_2_data && give_to_user
  install_it -n 2
  commanded 'restart klipper-2.service'
  not commanded 'restart klipper-1.service'
  grep -qE '^After=.* moonraker-1\.service moonraker-2\.service$' "$root/etc/systemd/system/lmnt-edge.service"
}

@test "--update waits for the end of a print" {
  install_it
  echo '// newer' >>"$host/archive/edge.js"
  list_again
  give_to_user
  echo printing >"$says/print_state"
  : >"$host/commands"
  run_script --yes --update >"$host/update" 2>&1 3>&- &
  local update=$! tries=0
  until grep -q 'Waiting for the end of the print' "$host/update" || [ $((tries++)) -gt 600 ]; do sleep 0.1; done
  not grep -qx '// newer' "$home/lmnt-edge/edge.js"
  not commanded 'restart lmnt-edge.service'
  rm "$says/print_state"
  wait "$update"
  grep -qx '// newer' "$home/lmnt-edge/edge.js"
  commanded 'restart lmnt-edge.service'
  # Neither Klipper's nor Moonraker's part is another one.
  not commanded 'restart klipper.service'
}

@test "--uninstall refuses while a print runs" {
  install_it
  manifest >"$host/installed"
  echo paused >"$says/print_state"
  run run_script --yes --uninstall
  [ "$status" -eq 1 ]
  [[ $output == *"is paused. Wait for the end of the print or cancel it"* ]]
  same_as "$host/installed"
}

@test "a Moonraker that asks for a log-in: without its socket the report says what to do" {
  echo secret-key >"$says/key"
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"Copy its API key"* ]]
  echo secret-key >"$home/.lmnt-edge/moonraker-printer.key"
  chmod 600 "$home/.lmnt-edge/moonraker-printer.key" && give_to_user
  run_script --yes
  grep -qxF 'moonraker_api_key_file: ~/.lmnt-edge/moonraker-printer.key' "$home/printer_data/config/lmnt-edge.cfg"
  commanded 'restart klipper.service'
}

@test "another address of Moonraker is the one that is asked and configured" {
  sed -i 's/^port: .*/port: 2/' "$home/printer_data/config/moonraker.conf"
  install_it -H localhost -p "$port"
  commanded 'restart klipper.service'
  grep -qxF "moonraker_url: http://localhost:$port" "$home/printer_data/config/lmnt-edge.cfg"
}

@test "a registered printer: the marketplace is told, or the person is" {
  install_it
  mkdir "$home/.lmnt-edge/printer" && echo '{}' >"$home/.lmnt-edge/printer/printer.json"
  give_to_user
  # The service is not running here, so the marketplace cannot be told.
  run run_script --yes --uninstall
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"The marketplace could not be told"*"remove the printer there"* ]]
}

@test "a printer whose units are not known: no other printer's Klipper is restarted" {
  make_printer printer_2_data
  rm "$root"/etc/systemd/system/*-2.service && give_to_user
  run install_it -n 2
  echo "$output"
  [ "$status" -eq 0 ]
  not grep -q 'restart klipper' "$host/commands"
  [[ $output == *"klipper of ~/printer_2_data could not be restarted"* ]]
}

@test "a home folder that is a symbolic link: the installed install.sh is whole until its end" {
  mv "$home" "$host/disk" && ln -s "$host/disk" "$home"
  give_to_user
  install_it
  : >"$host/commands"
  script=$home/lmnt-edge/install.sh run_script --yes --uninstall
  commanded 'restart klipper.service' && commanded 'restart moonraker.service'
}

# install.sh on hosts whose folders and configuration are laid out in other ways: forks, several printers, includes with a star.
# shellcheck disable=SC2016,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host

setup() { host=; }
teardown() { remove_host; }

@test "Kalico: the extra goes into its folder for plugins" {
  make_host && make_programs && make_printer
  mkdir "$home/klipper/klippy/plugins"
  give_to_user
  install_it
  [ -L "$home/klipper/klippy/plugins/lmnt_stream" ]
  [ ! -e "$home/klipper/klippy/extras/lmnt_stream" ]
  run_script --yes --uninstall
  check_round
}

@test "two printers: the one that is named gets the service, the other later" {
  make_host && make_programs && make_printer printer_1_data && make_printer printer_2_data && give_to_user
  manifest >"$host/before"
  run install_it
  [ "$status" -ne 0 ]
  [[ $output == *"several printers: 1 2"* ]]
  same_as "$host/before"
  install_it -n 2
  grep -qF 'lmnt' "$home/printer_2_data/config/printer.cfg"
  not grep -qF 'lmnt' "$home/printer_1_data/config/printer.cfg"
  : >"$host/commands"
  run_script --yes -n printer_1
  # The service reads its configuration and its unit at its start only.
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
  local edge_config=$home/printer_2_data/config/lmnt-edge.cfg
  grep -qxF '[printer 1]' "$edge_config" && grep -qxF '[printer 2]' "$edge_config"
  [ ! -e "$home/printer_1_data/config/lmnt-edge.cfg" ]
  manifest >"$host/installed"
  : >"$host/commands"
  run_script --yes -n 1 -n 2
  same_as "$host/installed"
  not grep -q 'systemctl restart' "$host/commands"
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "a sample configuration that was copied by hand gets no second section for the same socket" {
  make_host && make_programs && make_printer
  cp "$host/archive/lmnt-edge.cfg" "$home/printer_data/config/"
  give_to_user
  install_it
  grep -qxF 'marketplace_url: https://market.example' "$home/printer_data/config/lmnt-edge.cfg"
  [ "$(grep -c '^\[printer' "$home/printer_data/config/lmnt-edge.cfg")" -eq 1 ]
  run_script --yes --uninstall
  check_round
}

@test "a configuration without content, or without a section for the service, is completed" {
  make_host && make_programs && make_printer
  local edge_config=$home/printer_data/config/lmnt-edge.cfg
  : >"$edge_config"
  give_to_user
  manifest >"$host/before"
  install_it
  grep -qxF 'marketplace_url: https://market.example' "$edge_config"
  run_script --yes --uninstall
  same_as "$host/before"
  printf '[printer]' >"$edge_config"
  install_it
  [ "$(head -n 4 "$edge_config")" = $'[printer]\n\n[edge]\nmarketplace_url: https://market.example' ]
}

@test "two printers and a configuration that was copied by hand: both are in that file" {
  make_host && make_programs && make_printer printer_1_data && make_printer printer_2_data
  local edge_config=$home/printer_1_data/config/lmnt-edge.cfg
  sed 's|^\[printer\]|[printer 1]|; s|^#stream_socket: ~/printer_data|stream_socket: ~/printer_1_data|' "$host/archive/lmnt-edge.cfg" >"$edge_config"
  give_to_user
  manifest >"$host/before"
  install_it -n 1
  run_script --yes -n 2
  grep -qxF '[printer 1]' "$edge_config" && grep -qxF '[printer 2]' "$edge_config"
  [ ! -e "$home/printer_2_data/config/lmnt-edge.cfg" ]
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "a unit with an environment file in /etc/default, as images before klipper.env have it" {
  make_host && make_programs && make_printer
  rm "$home/printer_data/systemd/klipper.env"
  mv "$home/klipper" "$home/klipper-fork" && mkdir "$root/etc/default"
  printf 'KLIPPY_ARGS="%s/klipper-fork/klippy/klippy.py %s/printer_data/config/printer.cfg -l /tmp/klippy.log"\n' "$home" "$home" >"$root/etc/default/klipper"
  printf '[Service]\nEnvironmentFile=/etc/default/klipper\nExecStart=%s/klippy-env/bin/python $KLIPPY_ARGS\n' "$home" >"$root/etc/systemd/system/klipper.service"
  check_round
  grep -q 'home/pi/klipper-fork/klippy/extras/lmnt_stream ' "$host/installed"
}

@test "a configuration folder that is elsewhere" {
  make_host && make_programs && make_printer
  mkdir "$home/machines"
  mv "$home/printer_data" "$home/machines/voron"
  check_round -c "$home/machines/voron/config"
}

@test "a port of another section is not Moonraker's" {
  make_host && make_programs && make_printer
  printf '[server]\nhost: 0.0.0.0\n\n[sensor power]\nport: 4242\n' >"$home/printer_data/config/moonraker.conf"
  give_to_user
  install_it
  grep -qxF 'moonraker_url: http://127.0.0.1:7125' "$home/printer_data/config/lmnt-edge.cfg"
}

@test "a port in a file that moonraker.conf includes" {
  make_host && make_programs && make_printer
  local config=$home/printer_data/config
  mkdir "$config/moonraker"
  printf '[server]\nport: 7131' >"$config/moonraker/server.conf"
  printf '[include moonraker/*.conf]\n[sensor power]\nport: 4242\n' >"$config/moonraker.conf"
  check_round
  install_it
  grep -qxF 'moonraker_url: http://127.0.0.1:7131' "$config/lmnt-edge.cfg"
}

@test "an include with a star that already includes our file gets no second line" {
  make_host && make_programs && make_printer
  sed -i '1i [include lmnt-*.conf]' "$home/printer_data/config/moonraker.conf"
  sed -i '1i [include lmnt-s*.cfg]' "$home/printer_data/config/printer.cfg"
  give_to_user
  cp "$home"/printer_data/config/{printer.cfg,moonraker.conf} "$host/"
  install_it
  # Moonraker takes a file that is included twice for a recursion, and does not start.
  cmp "$host/moonraker.conf" "$home/printer_data/config/moonraker.conf"
  cmp "$host/printer.cfg" "$home/printer_data/config/printer.cfg"
  run_script --yes --uninstall
  check_round
}

@test "an include line of ours with a comment behind it gets no second line" {
  make_host && make_programs && make_printer
  printf '[include lmnt-moonraker.conf]  # the marketplace\n' >>"$home/printer_data/config/moonraker.conf"
  sed -i '1i [include lmnt-stream.cfg] ; the marketplace' "$home/printer_data/config/printer.cfg"
  give_to_user
  cp "$home"/printer_data/config/{printer.cfg,moonraker.conf} "$host/"
  install_it
  cmp "$host/moonraker.conf" "$home/printer_data/config/moonraker.conf"
  cmp "$host/printer.cfg" "$home/printer_data/config/printer.cfg"
}

@test "sections that the user has written already stay, and are not doubled" {
  make_host && make_programs && make_printer
  printf '[lmnt_stream]\nsocket: /tmp/x/stream.sock\n' >"$home/printer_data/config/macros/lmnt.cfg"
  printf '\n[lmnt_marketplace]\nwarn_after: 5\n' >>"$home/printer_data/config/moonraker.conf"
  give_to_user
  install_it
  [ ! -e "$home/printer_data/config/lmnt-stream.cfg" ]
  not grep -qF '[lmnt_marketplace]' "$home/printer_data/config/lmnt-moonraker.conf"
  run_script --yes --uninstall
  check_round
}

@test "who has no updater in Moonraker gets none" {
  make_host && make_programs && make_printer
  sed -i '/update_manager/,$d' "$home/printer_data/config/moonraker.conf"
  give_to_user
  install_it
  not grep -q update_manager "$home/printer_data/config/lmnt-moonraker.conf"
}

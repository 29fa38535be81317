# install.sh on hosts of every kind: what it changes, that a second run changes nothing, and that --uninstall restores every byte.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() { host=; }
teardown() { remove_host; }

@test "a KIAUH host: every part is there, and is gone again to the byte" {
  make_host && make_programs && make_printer && give_to_user
  local data=$home/printer_data
  cp "$data/config/printer.cfg" "$host/printer.cfg"
  manifest >"$host/before"
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(readlink "$home/klipper/klippy/extras/lmnt_stream")" = "$home/lmnt-edge/klipper/lmnt_stream" ]
  [ "$(readlink "$home/moonraker/moonraker/components/lmnt_marketplace.py")" = "$home/lmnt-edge/moonraker_component/lmnt_marketplace.py" ]
  is_git_clean "$home/klipper" && is_git_clean "$home/moonraker"
  # One line, directly above the block that SAVE_CONFIG writes.
  [ "$(diff "$host/printer.cfg" "$data/config/printer.cfg")" = $'13a14\n> [include lmnt-stream.cfg]' ]
  grep -A1 -xF '[include lmnt-stream.cfg]' "$data/config/printer.cfg" | grep -q '^#\*# <-* SAVE_CONFIG'
  [ "$(tail -n 1 "$data/config/moonraker.conf")" = '[include lmnt-moonraker.conf]' ]
  grep -qxF '[lmnt_marketplace]' "$data/config/lmnt-moonraker.conf"
  grep -qxF 'repo: lmnt-test/lmnt-edge' "$data/config/lmnt-moonraker.conf"
  [ "$(tail -n 2 "$data/moonraker.asvc")" = $'KlipperScreen\nlmnt-edge' ]
  grep -qxF 'marketplace_url: https://market.example' "$data/config/lmnt-edge.cfg"
  grep -qxF 'data_path: ~/.lmnt-edge' "$data/config/lmnt-edge.cfg"
  [ "$(stat -c %a "$home/.lmnt-edge")" = 700 ]
  grep -qxF "ExecStart=\"$home/lmnt-edge/lmnt-edge\"" "$root/etc/systemd/system/lmnt-edge.service"
  grep -qE '^After=.* moonraker\.service$' "$root/etc/systemd/system/lmnt-edge.service"
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
  # Four lines at the end.
  [ "$(tail -n 4 <<<"$output" | head -n 1)" = "LMNT service v$(node -p 'require("./package.json").version') is in ~/lmnt-edge, its data in ~/.lmnt-edge." ]
  run run_script --yes --uninstall
  echo "$output"
  [ "$status" -eq 0 ]
  same_as "$host/before"
  grep -qxF 'systemctl disable --now lmnt-edge.service' "$host/commands"
}

@test "a home folder with a space and an umlaut" {
  make_host 'Jörg Müller' && make_programs && make_printer
  check_round
}

@test "a host without environment files and units, as old images have it" {
  make_host && make_programs && make_printer
  rm -r "$home/printer_data/systemd" "$root"/etc/systemd/system/*
  check_round
}

@test "configuration files that are symbolic links stay links" {
  make_host && make_programs && make_printer
  mkdir "$home/dotfiles"
  local name
  for name in printer.cfg moonraker.conf; do
    mv "$home/printer_data/config/$name" "$home/dotfiles/"
    ln -s "../../dotfiles/$name" "$home/printer_data/config/$name"
  done
  check_round
  [ -L "$home/printer_data/config/printer.cfg" ]
}

@test "CRLF files stay CRLF, our line too" {
  make_host && make_programs && make_printer
  sed -i 's/$/\r/' "$home"/printer_data/config/{printer.cfg,moonraker.conf}
  give_to_user
  cp -r "$home" "$host/copy"
  install_it
  [ "$(grep -c $'\r$' "$home/printer_data/config/printer.cfg")" -eq "$(($(grep -c $'\r$' "$host/copy/printer_data/config/printer.cfg") + 1))" ]
  grep -qxF $'[include lmnt-stream.cfg]\r' "$home/printer_data/config/printer.cfg"
  run_script --yes --uninstall
  check_round
}

@test "files that are read-only stay so" {
  make_host && make_programs && make_printer
  chmod 444 "$home"/printer_data/config/{printer.cfg,moonraker.conf} "$home/printer_data/moonraker.asvc"
  check_round
  [ "$(stat -c %a "$home/printer_data/config/printer.cfg")" = 444 ]
}

@test "modes other than the usual stay" {
  make_host && make_programs && make_printer
  chmod 600 "$home/printer_data/config/moonraker.conf"
  chmod 664 "$home/printer_data/config/printer.cfg"
  check_round
  [ "$(stat -c %a "$home/printer_data/config/moonraker.conf")" = 600 ]
}

@test "files without a last line end, empty files, and no SAVE_CONFIG block" {
  make_host && make_programs && make_printer
  truncate -s -1 "$home/printer_data/config/moonraker.conf"
  printf '[printer]\nkinematics: none' >"$home/printer_data/config/printer.cfg"
  : >"$home/printer_data/moonraker.asvc"
  check_round
}

@test "no moonraker.asvc yet" {
  make_host && make_programs && make_printer
  rm "$home/printer_data/moonraker.asvc"
  check_round
}

@test "checkouts with changes of the user's own keep them" {
  make_host && make_programs && make_printer
  echo '# mine' >>"$home/klipper/klippy/klippy.py"
  echo mine >"$home/klipper/klippy/extras/mine.py"
  rm "$home/klipper/.git/info/exclude"
  rmdir "$home/klipper/.git/info"
  check_round
}

@test "Klipper and Moonraker that are no git checkouts" {
  make_host && make_programs && make_printer
  rm -r "$home/klipper/.git" "$home/moonraker/.git"
  check_round
}

@test "a home folder that is a git checkout itself is none of ours" {
  make_host && make_programs && make_printer
  rm -r "$home/klipper/.git" "$home/moonraker/.git"
  git -C "$home" init -q
  check_round
}

# The command line, the hosts that are refused, and --dry-run.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  manifest >"$host/before"
}
# Whatever was refused has changed nothing.
teardown() { same_as "$host/before" && remove_host; }

# refused_with STATUS WORDS OPTION...
refused_with() {
  run run_script "${@:3}"
  echo "$output"
  [ "$status" -eq "$1" ] && [[ $output == *"$2"* ]]
}

@test "--help lists every option" {
  run run_script --help
  [ "$status" -eq 0 ]
  local option
  for option in --update --uninstall --dry-run --yes -n -c -H -p --marketplace --no-nginx --from --help; do
    grep -q -- "$option" <<<"$output"
  done
}

@test "wrong options are refused by name" {
  refused_with 2 'There is no option "--instal"' --instal
  refused_with 2 '-n needs a value' -n
  refused_with 2 'exclude each other' --update --uninstall
  refused_with 2 'is not a port' -p 70a
  refused_with 2 'is not a host' -H 'a b;c'
  refused_with 2 'is not a folder' -c /nowhere
  refused_with 2 'is not an address' --marketplace 'https://x/$(id)'
  refused_with 2 'all printers of this host' --uninstall -n printer
  refused_with 2 'all printers of this host' -c "$home/printer_data/config" --uninstall
  refused_with 2 '--from goes with --update' --from x.zip
}

@test "a printer that is not there is refused with the names of those that are" {
  refused_with 1 'There is no printer "ender". There are: printer' --yes -n ender
}

@test "without a marketplace the installer asks for its address" {
  refused_with 1 '--marketplace https://' --yes
}

@test "without a terminal and --yes nothing is agreed to" {
  refused_with 1 'Add --yes' --marketplace https://market.example
}

@test "--uninstall and --update without an installation" {
  refused_with 1 'not installed here' --uninstall --yes
  refused_with 1 'not installed here' --update --yes
}

@test "root is refused" {
  local -a as_root=()
  ((EUID == 0)) || as_root=(unshare --map-root-user)
  run "${as_root[@]}" env HOME="$home" PATH="$bin:$PATH" LMNT_SYSROOT="$root" "$host/archive/install.sh" --yes
  [ "$status" -eq 3 ]
  [[ $output == *"started as root"* ]]
}

@test "a processor of the mips kind is refused by any shell" {
  command_that uname '[ "$1" = -m ] && echo mips'
  refused_with 3 'processor is mips' --yes
  rm "$bin/uname"
}

@test "a host without bash is refused" {
  local tool
  mkdir "$host/few"
  for tool in sh dirname readlink uname; do ln -s "$(command -v "$tool")" "$host/few/$tool"; done
  run env -i HOME="$home" PATH="$host/few" sh "$host/archive/install.sh" --yes
  [ "$status" -eq 3 ]
  [[ $output == *"bash is missing"*"Nothing was changed"* ]]
}

@test "a host without systemd, without dpkg, and of another architecture" {
  mv "$root/run/systemd/system" "$host/"
  run run_script --yes
  mv "$host/system" "$root/run/systemd/"
  [ "$status" -eq 3 ] && [[ $output == *"does not run systemd"* ]]
  command_that dpkg 'echo riscv64'
  refused_with 3 'riscv64' --yes
}

@test "a 32-bit system under a 64-bit kernel is what dpkg says" {
  command_that dpkg 'echo armhf'
  command_that uname 'echo aarch64'
  rm "$host/archive/SHA256SUMS"
  refused_with 1 'lmnt-edge-armv7l.zip' --yes
}

@test "a home folder that systemd runs no program in is refused" {
  local usual=$home
  mkdir "$host/home/o'hara" && give_to_user
  home="$host/home/o'hara"
  refused_with 3 'contains a quotation mark' --yes
  rmdir "$home"
  home=$usual
}

@test "a shell without HOME is refused" {
  run as_user env -u HOME "$host/archive/install.sh" --yes
  echo "$output"
  [ "$status" -eq 3 ] && [[ $output == *"HOME is not set"* ]]
}

@test "no printer at all" {
  mv "$home/printer_data" "$host/"
  run run_script --yes
  mv "$host/printer_data" "$home/"
  [ "$status" -eq 1 ] && [[ $output == *"No printer found"* ]]
}

@test "Klipper's include with a star that would read our configuration is refused" {
  sed -i '1i [include l*.cfg]' "$home/printer_data/config/printer.cfg"
  manifest >"$host/before"
  refused_with 1 'would also include lmnt-edge.cfg' --yes --marketplace https://market.example
}

@test "files and folders that are not ours are left alone" {
  mkdir "$home/lmnt-edge"
  manifest >"$host/before"
  refused_with 1 'is there already and not the LMNT service' --yes --marketplace https://market.example
}

@test "the service of another user of this host is refused, and stays" {
  printf '[Service]\nUser=somebody\n' >"$root/etc/systemd/system/lmnt-edge.service"
  manifest >"$host/before"
  refused_with 1 "is the service of the user somebody" --yes --marketplace https://market.example
}

@test "a folder that cannot be written is found before anything is changed" {
  chmod 555 "$home/klipper/klippy/extras"
  manifest >"$host/before"
  ((EUID == 0)) || give_to_user
  refused_with 1 'cannot be written' --yes --marketplace https://market.example
}

@test "a link in Klipper's folder that is somebody's own: the installation is taken back" {
  mkdir "$home/klipper/klippy/extras/lmnt_stream"
  manifest >"$host/before"
  refused_with 1 'is there already and not ours' --yes --marketplace https://market.example
}

@test "another run at the same time is refused" {
  flock "$home" sleep 30 &
  local sleeper=$!
  until ! flock --nonblock "$home" true; do sleep 0.05; done
  refused_with 1 'Another run of install.sh' --yes
  pkill -P "$sleeper"
}

@test "--dry-run shows each change as a diff, and makes none" {
  run run_script --dry-run --marketplace https://market.example
  echo "$output"
  [ "$status" -eq 0 ]
  local line
  for line in '+[include lmnt-stream.cfg]' '+[include lmnt-moonraker.conf]' '+lmnt-edge' '+[lmnt_stream]' '+[Unit]' \
    '+++ ~/printer_data/config/printer.cfg' '+marketplace_url: https://market.example' '+/klippy/extras/lmnt_stream' \
    'new link ~/klipper/klippy/extras/lmnt_stream -> ~/lmnt-edge/klipper/lmnt_stream'; do
    grep -qxF -- "$line" <<<"$output" || { echo "missing: $line" && return 1; }
  done
  [ ! -s "$host/commands" ]
}

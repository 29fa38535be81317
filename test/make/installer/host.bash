# A printer's host in a folder, for the .bats files: load ../make/installer/host. make_host makes it, remove_host removes it.
#   $home the user's home folder, $root what stands for / (etc, run), $bin commands that stand before the real ones
#   $host/commands what sudo and systemctl were asked for
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2154

# Tests that run as root let the script run as this user, which every Debian has.
test_user=nobody

make_host() { # NAME_OF_HOME
  host=$(mktemp -d "${TMPDIR:-/tmp}/lmnt-host-XXXXXX")
  chmod 755 "$host"
  home="$host/home/${1:-pi}" root=$host/root bin=$host/bin
  mkdir -p "$home" "$bin" "$host/tmp" "$root/run/systemd/system" "$root/etc/systemd/system"
  cp -r "$LMNT_TEST_ARCHIVE" "$host/archive"
  ln -s "${LMNT_TEST_NODE:-$(command -v node)}" "$bin/node"
  command_that dpkg 'echo amd64'
  command_that sudo 'echo "sudo $*" >>"$host/commands"; [ "$1" = -n ] && shift; [ "$1" = -v ] || exec "$@"'
  # It remembers what is enabled and active.
  mkdir "$host/units"
  command_that systemctl 'echo "systemctl $*" >>"$host/commands"
for unit; do :; done
case $* in
  enable*) touch "$host/units/enabled-$unit" ;;
  disable*) rm -f "$host/units/enabled-$unit" ;;
  is-enabled*) [ -e "$host/units/enabled-$unit" ]; exit ;;
  is-active*) [ -e "$host/units/active-$unit" ]; exit ;;
esac
case $* in
  *--now* | restart* | stop*) rm -f "$host/units/active-$unit" ;;
esac
case $* in
  "enable --now"* | restart* | start*) touch "$host/units/active-$unit" ;;
esac
exit 0'
  # Where nothing listens, unless a test starts something there.
  port=1
}

remove_host() {
  [[ -z ${moonraker_pid:-} ]] || kill "$moonraker_pid" 2>/dev/null || true
  [[ -z ${host:-} ]] || rm -rf -- "$host"
}

# command_that NAME SHELL_TEXT: a command in $bin.
command_that() {
  printf '#!/bin/sh\nhost=%q\n%s\n' "$host" "$2" >"$bin/$1"
  chmod 755 "$bin/$1"
}

# Klipper and Moonraker as git checkouts, as KIAUH makes them. A file of tests makes them once.
make_programs() {
  local programs=$BATS_FILE_TMPDIR/programs name
  if [[ ! -d $programs ]]; then
    mkdir -p "$programs/klipper/klippy/extras" "$programs/moonraker/moonraker/components"
    echo 'print("klippy")' >"$programs/klipper/klippy/klippy.py"
    echo 'print("moonraker")' >"$programs/moonraker/moonraker/moonraker.py"
    for name in klipper moonraker; do
      git -C "$programs/$name" init -q
      rm "$programs/$name"/.git/hooks/*
      git -C "$programs/$name" add -A
      git -C "$programs/$name" -c user.name=t -c user.email=t@example.invalid commit -qm start
    done
  fi
  cp -a "$programs"/* "$home/"
}

# make_printer [FOLDER]: a printer's data folder with a tuned configuration, and its units.
make_printer() {
  local data=$home/${1:-printer_data} suffix=${1:-}
  suffix=${suffix#printer_}
  suffix=${suffix%data}
  suffix=${suffix:+-${suffix%_}}
  mkdir -p "$data"/{config,systemd,comms,logs,gcodes}
  printf 'klipper_mcu\nwebcamd\nKlipperScreen' >"$data/moonraker.asvc"
  printf '[server]\nhost: 0.0.0.0\nport: %s\n\n[authorization]\ntrusted_clients:\n    192.168.0.0/16\n\n[update_manager]\nchannel: dev\n' "$port" >"$data/config/moonraker.conf"
  cat >"$data/config/printer.cfg" <<'CFG'
# My printer, tuned for months
[include mainsail.cfg]
[include macros/*.cfg]

[printer]
kinematics: cartesian   # not delta
max_velocity: 300

[gcode_macro PRINT_START]
gcode:
    G28 ; home
    M117 Größe

#*# <---------------------- SAVE_CONFIG ---------------------->
#*# DO NOT EDIT THIS BLOCK OR BELOW. The contents are auto-generated.
#*#
#*# [extruder]
#*# control = pid
#*# pid_kp = 22.2
CFG
  truncate -s -1 "$data/config/printer.cfg"
  mkdir -p "$data/config/macros"
  echo '[pause_resume]' >"$data/config/mainsail.cfg"
  echo '[gcode_macro A]' >"$data/config/macros/a.cfg"
  printf 'KLIPPER_ARGS="%s/klipper/klippy/klippy.py %s/config/printer.cfg -I %s/comms/klippy.serial"\n' "$home" "$data" "$data" >"$data/systemd/klipper.env"
  printf 'MOONRAKER_ARGS="%s/moonraker/moonraker/moonraker.py -d %s"\n' "$home" "$data" >"$data/systemd/moonraker.env"
  local name
  for name in klipper moonraker; do
    printf '[Service]\nEnvironmentFile=%s/systemd/%s.env\n' "$data" "$name" >"$root/etc/systemd/system/$name$suffix.service"
  done
  # As other programs call themselves.
  printf '[Service]\nExecStart=/usr/bin/python3 -m moonraker_obico.app -c %s/config/moonraker-obico.cfg\n' "$data" >"$root/etc/systemd/system/moonraker-obico.service"
}

# The checksums of the archive, after a change of its files.
list_again() {
  (cd "$host/archive" && find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >"$host/sums" && mv "$host/sums" SHA256SUMS)
}

give_to_user() {
  ((EUID != 0)) || chown -R -h "$test_user": "$host"
}

# run_script [OPTION]...: install.sh of the archive, as an unprivileged user; $script runs another one.
run_script() {
  as_user "${script:-$host/archive/install.sh}" "$@"
}

as_user() {
  local -a environment=(env -i HOME="$home" PATH="$bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" LANG=C.UTF-8
    TMPDIR="$host/tmp" LMNT_SYSROOT="$root" LMNT_POLL_SECONDS=0.2)
  # A process group of its own: a command that kills its group kills the script and nothing else.
  [[ -z ${killing:-} ]] || environment=(setsid --wait "${environment[@]}")
  if ((EUID == 0)); then
    setpriv --reuid="$test_user" --regid="$(id -g "$test_user")" --clear-groups "${environment[@]}" "$@"
  else
    "${environment[@]}" "$@"
  fi
}

install_it() { run_script --yes --marketplace https://market.example "$@"; }

# Every file, folder and link of the home folder, of etc and of what systemd has to know: type, mode, owner, target and checksum. Git may rewrite its index.
manifest() {
  (cd "$host" && find home root units ! -path '*/.git/index' -printf '%p %y %m %U:%G %l\n' | sort &&
    find home root units -type f ! -path '*/.git/index' -print0 | sort -z | xargs -0 sha256sum)
}

# The manifest of now is the one in the file; the difference is shown when it is not.
same_as() { diff "$1" <(manifest); }

# No line of git's: the checkouts of Klipper and Moonraker are as their updaters want them.
is_git_clean() { [[ -z $(git -c safe.directory='*' -C "$1" status --porcelain) ]]; }

# What a line of a test begins with, since bats does not count a failure behind "!".
not() { if "$@"; then return 1; fi; }

# What brings a change into being or makes it last: all else writes beside it.
writes=(mv ln mkdir rm rmdir sync)

# shots_of COMMAND...: runs it, and takes a copy of the tree before and after each of its writes: what a kill there would leave. The
# copies are in $host/shots/NUMBER, without those that are as the one before.
shots_of() {
  mkdir -m 777 "$host/shots"
  touch "$host/commands"
  around_each_write 'mkdir "$host/shots/$n" && (cd "$host" && /bin/cp -a home root units commands "shots/$n/")' "$@"
  local number last='' now
  for ((number = 1; number <= $(cat "$host/calls"); number++)); do
    now=$(host=$host/shots/$number manifest)
    if [[ $now == "$last" ]]; then rm -r "$host/shots/$number"; fi
    last=$now
  done
}

# killed_at NUMBER COMMAND...: runs it, and kills it and all that it has started where the copy of that number is taken.
killed_at() {
  local status=0
  (killing=yes around_each_write "[ \$n -ne $1 ] || kill -9 0" "${@:2}") >/dev/null 2>&1 || status=$?
  [ "$status" -eq 137 ]
}

# around_each_write SHELL_TEXT COMMAND...: runs it, and the text before and after each write; $n is how often it has run, with this one.
around_each_write() {
  local text=$1 name status=0
  shift
  echo 0 >"$host/calls"
  chmod 666 "$host/calls"
  for name in "${writes[@]}"; do
    command_that "$name" "PATH=/usr/bin:/bin
at_a_write() {
  read -r n <\"\$host/calls\"; n=\$((n + 1)); echo \$n >\"\$host/calls\"
  $text
}
at_a_write
$name \"\$@\" && status=0 || status=\$?
at_a_write
exit \$status"
  done
  "$@" || status=$?
  (cd "$bin" && rm -f "${writes[@]}")
  return "$status"
}

# back_to SHOT: the home folder, / and what was asked of root, as they were then.
back_to() {
  rm -rf "${host:?}"/{home,root,units,commands}
  cp -a "$1"/* "$host/"
}

# check_round [OPTION]...: install, install again, uninstall; with these options.
check_round() {
  give_to_user
  manifest >"$host/before"
  run install_it "$@"
  echo "$output"
  [ "$status" -eq 0 ]
  manifest >"$host/installed"
  not same_as "$host/before" >/dev/null
  run run_script --yes "$@"
  [ "$status" -eq 0 ]
  same_as "$host/installed"
  script=$home/lmnt-edge/install.sh run run_script --yes --uninstall
  echo "$output"
  [ "$status" -eq 0 ]
  same_as "$host/before"
}

# --update: a newer archive over an older one, from a folder, a file and an address.
# shellcheck disable=SC2016,SC2034,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  manifest >"$host/before"
  install_it
  mkdir -p "$home/.lmnt-edge/printer" && echo '{"kept": true}' >"$home/.lmnt-edge/printer/settings.json"
  give_to_user
}
teardown() {
  [[ -z ${server_pid:-} ]] || kill "$server_pid"
  remove_host
}

# The archive becomes version 9.9.9, with another edge and another extra.
make_newer() {
  (
    cd "$host/archive" || exit
    sed -i 's/"version": "[^"]*"/"version": "v9.9.9"/' release_info.json
    echo '// newer' >>edge.js
    echo '# newer' >>klipper/lmnt_stream/__init__.py
    rm LICENSE
  )
  list_again
  give_to_user
}

zip_archive() {
  mkdir -p "$host/release"
  (cd "$host/archive" && python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", ".")' "$host/release/lmnt-edge-x64")
  (cd "$host/release" && sha256sum lmnt-edge-x64.zip >SHA256SUMS)
  give_to_user
}

is_newer() {
  grep -q 'v9.9.9' "$home/lmnt-edge/release_info.json"
  tail -n 1 "$home/lmnt-edge/edge.js" | grep -qx '// newer'
  # Replaced whole: what the new version does not have is gone.
  [ ! -e "$home/lmnt-edge/LICENSE" ] && [ ! -e "$home/lmnt-edge.old" ] && [ ! -e "$home/lmnt-edge.new" ]
  grep -q kept "$home/.lmnt-edge/printer/settings.json"
}

@test "the new version runs, the state stays, and --uninstall still restores every byte" {
  make_newer
  : >"$host/commands"
  run run_script --yes --update
  echo "$output"
  [ "$status" -eq 0 ]
  is_newer
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
  # Klipper reads the extra at its start only.
  [[ $output == *"restart klipper.service"* ]]
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "an update without news starts nothing again" {
  : >"$host/commands"
  run_script --yes --update
  not grep -q 'systemctl restart' "$host/commands"
}

@test "a service that does not start is not called started, and the next run starts it" {
  make_newer
  mv "$bin/systemctl" "$bin/working-systemctl"
  command_that systemctl '[ "$1" != restart ] || exit 1; exec working-systemctl "$@"'
  run run_script --yes --update
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"lmnt-edge.service did not start"* ]]
  [[ $output != *"started lmnt-edge.service"* ]]
  mv "$bin/working-systemctl" "$bin/systemctl"
  : >"$host/commands"
  run_script --yes --update
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
}

@test "after an update that was not install.sh's, the installed install.sh starts the service again" {
  : >"$host/commands"
  script=$home/lmnt-edge/install.sh run_script --yes
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
}

@test "killed at each write of an update, run again: the new version is whole" {
  make_newer
  : >"$host/commands"
  shots_of run_script --yes --update
  manifest >"$host/updated"
  local shot tried=0
  for shot in "$host"/shots/*; do
    back_to "$shot"
    run run_script --yes --update
    [ "$status" -eq 0 ] || { echo "after write ${shot##*/}: $output" && return 1; }
    same_as "$host/updated" || { echo "killed at write ${shot##*/}" && return 1; }
    grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands" || { echo "not started after write ${shot##*/}" && return 1; }
    tried=$((tried + 1))
  done
  [ "$tried" -gt 4 ]
}

@test "from the archive's file, which is checked" {
  make_newer && zip_archive
  script=$home/lmnt-edge/install.sh run run_script --yes --update --from "$host/release/lmnt-edge-x64.zip"
  echo "$output"
  [ "$status" -eq 0 ]
  is_newer
  echo x >>"$host/release/lmnt-edge-x64.zip"
  script=$home/lmnt-edge/install.sh run run_script --yes --update --from "$host/release/lmnt-edge-x64.zip"
  [ "$status" -eq 1 ] && [[ $output == *"is damaged"* ]]
}

@test "from the address of a release" {
  make_newer && zip_archive
  python3 -m http.server --bind 127.0.0.1 --directory "$host/release" 0 >"$host/server" 2>&1 &
  server_pid=$!
  local tries=0
  until grep -q 'port' "$host/server" 2>/dev/null || [ $((tries++)) -gt 200 ]; do sleep 0.1; done
  local address
  address=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$host/server")
  script=$home/lmnt-edge/install.sh run run_script --yes --update --from "$address"
  echo "$output"
  [ "$status" -eq 0 ]
  is_newer
  script=$home/lmnt-edge/install.sh run run_script --yes --update --from "$address/nothing"
  [ "$status" -eq 1 ] && [[ $output == *"cannot be downloaded"* ]]
}

@test "a checkout builds its archive first, and goes on with that" {
  make_newer && zip_archive
  mkdir -p "$host/checkout/local/release"
  cp -r "$host/archive/install.sh" "$host/archive/installer" "$host/checkout/"
  touch "$host/checkout/local/release/main.ts"
  # What the build does is not tested here: it puts the archive where --out says.
  command_that npm 'while [ "$1" != --out ]; do shift; done; mkdir -p "$2" && cp "$host"/release/* "$2"'
  give_to_user
  script=$host/checkout/install.sh run run_script --yes --update
  echo "$output"
  [ "$status" -eq 0 ]
  is_newer
}

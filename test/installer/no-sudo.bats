# Hosts on which nobody may use sudo: all that is the user's is done, and the rest is said in commands.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer
  command_that sudo 'echo "sudo: a password is required" >&2; exit 1'
  give_to_user
  manifest >"$host/before"
}
teardown() { remove_host; }

# The commands that the report says, run by "root".
run_commands() { sed -n 's/^    //p' <<<"$output" | PATH="$bin:$PATH" bash -e; }

@test "the service is prepared, and the commands that were said install it" {
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"There is no sudo here"* ]]
  [ ! -e "$root/etc/systemd/system/lmnt-edge.service" ]
  grep -qF lmnt "$home/printer_data/config/printer.cfg"
  run_commands
  grep -qF "$home/lmnt-edge/lmnt-edge" "$root/etc/systemd/system/lmnt-edge.service"
  grep -qxF 'systemctl enable --now lmnt-edge.service' "$host/commands"
  run run_script --yes
  [[ $output != *"There is no sudo here"* ]]
}

@test "a service that runs by an earlier unit is started again by the commands" {
  run install_it
  run_commands
  echo '# edited' >>"$root/etc/systemd/system/lmnt-edge.service"
  : >"$host/commands"
  run run_script --yes
  echo "$output"
  run_commands
  grep -qxF 'systemctl restart lmnt-edge.service' "$host/commands"
  run run_script --yes
  [[ $output != *"There is no sudo here"* ]]
}

@test "--uninstall names the commands first, and restores everything when they have run" {
  run install_it
  run_commands
  manifest >"$host/installed"
  run run_script --yes --uninstall
  echo "$output"
  [ "$status" -eq 1 ]
  same_as "$host/installed"
  run_commands
  run run_script --yes --uninstall
  echo "$output"
  [ "$status" -eq 0 ]
  same_as "$host/before"
}

@test "the commands of --uninstall keep what others have written into the sites of nginx since" {
  mkdir -p "$root"/etc/nginx/sites-enabled
  local site=$root/etc/nginx/sites-enabled/mainsail
  printf 'server {\n    listen 80;\n    location /websocket { proxy_pass http://apiserver/websocket; }\n}\n' >"$site"
  command_that nginx 'exit 0'
  give_to_user
  run install_it
  run_commands
  grep -q lmnt-edge.conf "$site"
  sed -i 's/listen 80/listen 443 ssl/' "$site"
  run run_script --yes --uninstall
  echo "$output"
  run_commands
  run_script --yes --uninstall
  [ "$(cat "$site")" = $'server {\n    listen 443 ssl;\n    location /websocket { proxy_pass http://apiserver/websocket; }\n}' ]
}

@test "when root's commands have never run, --uninstall needs nobody" {
  install_it
  run run_script --yes --uninstall
  [ "$status" -eq 0 ]
  same_as "$host/before"
}

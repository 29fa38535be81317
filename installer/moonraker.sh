# Moonraker's part: the component, its section and the updater's by one include line, and the right to restart our service.

repository() { release_info "$source_folder" project_owner && printf / && release_info "$source_folder" project_name; }

install_moonraker() {
  local affects=$data/moonraker
  affects='' exclude_from_git "$moonraker" "$moonraker/moonraker/components/lmnt_marketplace.py"
  make_link "$program/moonraker_component/lmnt_marketplace.py" "$moonraker/moonraker/components/lmnt_marketplace.py"
  moonraker_section >"$work/moonraker.conf"
  write_file "$config/lmnt-moonraker.conf" "$work/moonraker.conf" ''
  # Moonraker calls a file that it includes twice a recursion, and does not start.
  if ! includes_path "$moonraker_conf" "$config/lmnt-moonraker.conf"; then
    add_line "$moonraker_conf" "$(include_line "$moonraker_conf" lmnt-moonraker.conf)"
  fi
  allow_service
}

moonraker_section() {
  local ours=$config/lmnt-moonraker.conf
  echo "# Made by the LMNT service's install.sh, which removes it again."
  has_section "$moonraker_conf" lmnt_marketplace "$ours" || printf '[lmnt_marketplace]\n'
  # Who has no updater has a reason: a section of ours would switch it on for everything. Klipper and Moonraker are restarted with
  # the service, since each has a part of the new version to take up.
  has_section "$moonraker_conf" 'update_manager( [^]]*)?' "$ours" || return 0
  cat <<CONF

[update_manager lmnt-edge]
type: zip
channel: stable
repo: $(repository)
path: $(short "$program")
managed_services: lmnt-edge klipper moonraker
CONF
}

# Moonraker restarts only what moonraker.asvc lists. The file may lack its last line end; Moonraker makes it when it is not there.
allow_service() {
  local asvc=$data/moonraker.asvc
  [[ -f $asvc ]] || return 0
  add_line "$asvc" "$service"
}

# Where Moonraker asks everyone for a log-in, the service needs its API key. Its unix socket gives it to us without one.
fetch_api_key() {
  local answer key affects=$service
  [[ $is_dry == no && ! -f $api_key_file ]] || return 0
  [[ $(http_status) == 401 ]] || return 0
  if answer=$(call_moonraker access.get_api_key 2>"$work/error"); then
    key=${answer#\"}
    printf '%s\n' "${key%\"}" >"$work/key"
    write_file "$api_key_file" "$work/key" '' 600
    return 0
  fi
  warn "Moonraker at $moonraker_url asks for a log-in. Copy its API key (in Mainsail: Settings, API key) into $(short "$api_key_file"), run chmod 600 on that file, then run install.sh again."
}

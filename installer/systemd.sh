# The service's unit. It is root's: without sudo it is prepared, and what to run is printed.

unit_file="$sysroot/etc/systemd/system/$service.service"

# A host has one unit of that name: it may be of another user, with a printer of theirs.
check_unit() {
  local user
  [[ -f $unit_file ]] || return 0
  user=$(sed -n 's/^User=//p' "$unit_file")
  [[ $user == "$(id -un)" ]] || fail "$unit_file is the service of the user ${user:-root}. Run install.sh as that user, or remove that one first."
}

install_unit() {
  local affects=$service
  unit_text >"$work/unit"
  if cmp -s -- "$work/unit" "$unit_file" && systemctl is-enabled --quiet "$service.service"; then
    is_unit_there=yes
    return 0
  fi
  if [[ $is_dry == no ]] && ! can_root; then
    stage_service
    return 0
  fi
  as_root write_file "$unit_file" "$work/unit" '' 644
  if [[ $is_dry == yes ]]; then
    say "enable and start $service.service"
    return 0
  fi
  as_root journal_put unit "$service.service" '' '' ''
  journal_sync
  sudo systemctl enable "$service.service" >/dev/null 2>&1 || fail "systemctl could not enable $service.service: see the message of sudo systemctl enable $service"
  is_unit_there=yes
}

# The unit of the archive with what is this host's. systemd replaces a % and a letter by a value, such as %h by the home folder.
unit_text() {
  local units='' one text
  while IFS= read -r one; do units+=" ${one##*/}"; done < <(units_that_run moonraker "$runs_moonraker")
  text=$(sed -e '/^# install\.sh replaces/,/^\[Unit\]/{/^\[Unit\]/!d}' "$source_folder/systemd/$service.service")
  text=${text//@USER@/"$(id -un)"}
  text=${text//@PROGRAM@/"${program//%/%%}"}
  text=${text//@CONFIG@/"${edge_config//%/%%}"}
  printf '%s\n' "${text//" @MOONRAKERS@"/"$units"}"
}

stage_service() {
  local folder=$journal_folder/root
  mkdir -p -m 700 -- "$folder"
  cp -- "$work/unit" "$folder/$service.service"
  as_root journal_put new "$unit_file" '' '' ''
  as_root journal_put unit "$service.service" '' '' ''
  root_steps+=(
    "install -m 644 $(printf %q "$folder/$service.service") $unit_file"
    "systemctl daemon-reload && systemctl enable --now $service.service"
  )
  if systemctl is-active --quiet "$service.service"; then root_steps+=("systemctl restart $service.service"); fi
  journal_drop "$service"
}

# Starts the service, or starts it again when its program, configuration or unit was changed since its last start.
start_service() {
  [[ ${is_unit_there:-no} == yes ]] || return 0
  if ! has_entry "$service" && systemctl is-active --quiet "$service.service"; then return 0; fi
  if can_root; then
    if ! { sudo systemctl daemon-reload && sudo systemctl restart "$service.service"; }; then
      warn "$service.service did not start. See: systemctl status $service"
      return 0
    fi
  elif ! call_moonraker machine.services.restart "{\"service\": \"$service\"}" >/dev/null 2>&1; then
    root_steps+=("systemctl restart $service.service")
    return 0
  fi
  journal_drop "$service"
  step "started $service.service"
}

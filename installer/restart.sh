# Restarts of Klipper and Moonraker: only those that are due, only while nothing prints, and never without a yes.

# restart_due PROGRAM: whether the printer's klipper or moonraker has to be started again. After --uninstall there is no journal.
restart_due() { [[ ${is_everything_due:-no} == yes ]] || has_entry "$data/$1"; }

# For each printer: what is due is restarted, or added to later_steps, which the report shows.
restart_printers() {
  local one state_now
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    [[ -f $moonraker_conf ]] || continue
    restart_due klipper || restart_due moonraker || continue
    state_now=$(print_state)
    case $state_now in
      printing | paused) later "The printer of $(short "$data") is $state_now" ;;
      busy) later "The printer of $(short "$data") is moving" ;;
      unknown) later "Moonraker at $moonraker_url does not answer, so that nobody knows whether the printer prints" ;;
      idle)
        if confirm "Restart Klipper and Moonraker of $(short "$data") now? The printer is idle; its heaters go off and it forgets its position."; then
          restart_programs
        else
          later "Klipper and Moonraker still run without the change"
        fi
        ;;
    esac
  done
}

later() { later_steps+=("$1. When it is idle, run: $(restart_command)"); }

restart_command() {
  local units=()
  ! restart_due klipper || units+=("${klipper_unit:-UNIT_OF_KLIPPER}")
  ! restart_due moonraker || units+=("${moonraker_unit:-UNIT_OF_MOONRAKER}")
  printf 'sudo systemctl restart %s' "${units[*]}"
}

# Klipper first: Moonraker takes up what it finds.
restart_programs() {
  local name
  for name in klipper moonraker; do
    restart_due "$name" || continue
    if restart_program "$name"; then
      [[ ! -f $journal ]] || journal_drop "$data/$name"
      step "restarted $name"
    else
      later "$name of $(short "$data") could not be restarted"
    fi
  done
}

restart_program() {
  local unit_name=${1}_unit
  local unit=${!unit_name}
  [[ -n $unit ]] || return 1
  if can_root && sudo systemctl restart "$unit" 2>/dev/null; then return 0; fi
  call_moonraker machine.services.restart "{\"service\": \"${unit%.service}\"}" >/dev/null 2>&1
}


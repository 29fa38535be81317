# Installs, or completes and repairs an installation.

install_service() {
  build_from_checkout
  check_archive
  check_program_folder
  choose_printers
  check_installation
  if [[ $is_dry == yes ]]; then
    say "These are the changes. None is made."
    make_changes
    return 0
  fi
  describe_installation
  confirm "Go on?" || { say "Nothing was changed." && exit 0; }
  is_installed || is_first_installation=yes
  open_journal
  apply_changes
}

check_installation() {
  local one
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    check_printer
  done
  read_printer "${data_folders[0]}"
  check_marketplace
  check_unit
  check_space
}

describe_installation() {
  local one
  say "LMNT service $(version_of "$source_folder") for ${#data_folders[@]} printer(s) of $HOME. These files of yours get one line each; install.sh --dry-run shows it:"
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    step "$printer_cfg, $moonraker_conf, $data/moonraker.asvc"
  done
}

# All changes, then the restarts that they need.
apply_changes() {
  make_changes
  is_first_installation=no
  start_service
  restart_printers
  tidy_journal
  report_installation
}

make_changes() {
  local one
  root_steps=() later_steps=()
  install_program
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    say "Printer of $(short "$data")"
    [[ $is_dry == yes ]] || journal_put printer "$data" '' '' "$config"
    fetch_api_key
    install_config
    install_klipper
    install_moonraker
  done
  say "The page and the service"
  install_nginx
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    install_ui
  done
  install_unit
}

# Removes the service and restores every file that the installation changed.

uninstall_service() {
  later_steps=() unregister_later=()
  is_installed || remove_empty_state
  mapfile -t data_folders < <(journal_paths printer)
  if [[ $is_dry == yes ]]; then
    show_undo
    return 0
  fi
  local sentence
  sentence=$(print_in_progress)
  [[ -z $sentence ]] || fail "$sentence Wait for the end of the print or cancel it, then run install.sh --uninstall again. Nothing was changed."
  check_root_entries
  confirm "Remove the LMNT service, its registration and its data from this host?" || { say "Nothing was changed." && exit 0; }
  unregister_printers
  keep_own_program
  say "Restoring your files"
  undo_and_reload || fail "Not everything could be restored: see the messages above. Then run install.sh --uninstall again."
  restart_others
  report_removal
}

# Killed before the first entry: only our own folder can be there.
remove_empty_state() {
  [[ -d $state ]] || fail "The LMNT service is not installed here."
  [[ $is_dry == yes ]] || rm -rf -- "$state"
  say "Removed $(short "$state"). Nothing else was installed."
  exit 0
}

show_undo() {
  say "These changes would be taken back. None is made."
  local number kind user path backup after detail
  for ((number = ${#entry_paths[@]} - 1; number >= 0; number--)); do
    read_entry "${entry_paths[number]}"
    case $kind in
      edit) step "restore $path" ;;
      new | link | folder | tree | unit) step "remove $path" ;;
      webcam) step "remove the webcam LMNT" ;;
    esac
  done
}

# Everything that the journal has. nginx and systemd then forget what they have read.
undo_and_reload() {
  local had_nginx=no had_unit=no is_clean=yes
  ! has_entry "$nginx_snippet" || [[ ! -e $nginx_snippet ]] || had_nginx=yes
  ! has_entry "$unit_file" || [[ ! -e $unit_file ]] || had_unit=yes
  undo_everything || is_clean=no
  if [[ $had_nginx == yes && ! -e $nginx_snippet ]]; then reload_nginx; fi
  if [[ $had_unit == yes && ! -e $unit_file ]]; then sudo systemctl daemon-reload || true; fi
  [[ $is_clean == yes ]]
}

# Without sudo the service would go on without its files. So an administrator goes first.
check_root_entries() {
  local number kind user path backup after detail commands=()
  for ((number = ${#entry_paths[@]} - 1; number >= 0; number--)); do
    read_entry "${entry_paths[number]}"
    [[ $user == root ]] || continue
    case $kind in
      unit) [[ ! -e $unit_file ]] || commands+=("systemctl disable --now $path") ;;
      new) [[ ! -e $path ]] || commands+=("rm $(printf %q "$path")") ;;
    esac
  done
  # First, since nginx may be reloaded in between. Not by our copies, which may be older than the sites.
  while IFS= read -r path; do
    commands=("sed -i -E '\\|$nginx_line_pattern|d' $(printf %q "$path")" "${commands[@]}")
  done < <(files_with_our_line)
  ((${#commands[@]} == 0)) || can_root || {
    warn "Some files are root's, and sudo is not available. Have these commands run as root, then run install.sh --uninstall again:"
    printf '    %s\n' "${commands[@]}" "systemctl daemon-reload" "if systemctl is-active --quiet nginx; then systemctl reload nginx; fi" >&2
    exit 1
  }
}

# Tells the marketplace, so that the printer can be registered again by anybody.
unregister_printers() {
  local one
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    [[ -f $state/$printer/printer.json ]] || continue
    find_edge_config
    say "Unregistering the printer of $(short "$data") at the marketplace"
    if EDGE_CONFIG=$edge_config "$program/lmnt-edge" unregister "$printer" >"$work/unregister" 2>&1; then
      step "$(tail -n 1 "$work/unregister")"
    else
      unregister_later+=("$(short "$data"): $(tail -n 1 "$work/unregister")")
    fi
  done
}

# The program is removed before Moonraker is asked for the last time.
keep_own_program() {
  if [[ $source_folder == "$program" ]]; then
    mkdir -- "$work/program"
    cp -r -- "$program/installer" "$work/program/"
    source_folder=$work/program
  fi
  if [[ $node == "$program"/* ]]; then
    cp -- "$node" "$work/node"
    node=$work/node
  fi
}

restart_others() {
  is_everything_due=yes
  restart_printers
}

# Takes changes back, the last one first. Each entry is dropped when it is undone, so that a run that was killed goes on here.

# Everything that the journal has. Fails when something could not be undone: its entry stays.
undo_everything() {
  local -a paths=("${entry_paths[@]}")
  local number is_clean=yes kind user path backup after detail
  for ((number = ${#paths[@]} - 1; number >= 0; number--)); do
    read_entry "${paths[number]}"
    # In a subshell: an error ends only that one, and the other entries are still undone.
    ( undo_entry "$kind" "$user" "$path" "$backup" "$after" "$detail" ) || { is_clean=no && continue; }
    # A full disk has no room for the new journal either. The entries are harmless: they are undone once more.
    journal_drop "$path" 2>/dev/null || true
  done
  [[ $is_clean == yes ]] || return 1
  rm -rf -- "$state"
}

undo_path() {
  local kind user path backup after detail
  read_entry "$1"
  undo_entry "$kind" "$user" "$path" "$backup" "$after" "$detail"
  journal_drop "$1"
}

# Each case ends with what has to be true, since "set -e" does not count where the result is asked for.
undo_entry() {
  if [[ $2 == root && ${#as[@]} -eq 0 ]]; then
    as_root undo_entry "$@"
    return
  fi
  local kind=$1 path=$3 backup=$4 after=$5 detail=$6
  case $kind in
    edit) undo_edit "$path" "$backup" "$after" "$detail" ;;
    new) undo_new "$path" "$after" "$detail" ;;
    link) if [[ -L $path && $(readlink -- "$path") == "$detail" ]]; then rm -f -- "$path"; fi ;;
    folder) if [[ -d $path ]]; then "${as[@]}" rmdir --ignore-fail-on-non-empty -- "$path"; fi ;;
    tree) rm -rf -- "$path.new" "$path.old" "$path" && [[ ! -e $path ]] ;;
    unit) undo_unit "$path" ;;
    webcam) read_printer "${path%/*}" && remove_webcam ;;
    printer) undo_printer "$path" ;;
    restart) ;;
  esac
}

# The file as it was when nobody has changed it since, to the byte; else as it is now without our line.
undo_edit() {
  local path=$1 backup=$2 after=$3 detail=$4 base=$1
  drop_new "$path"
  [[ -e $path ]] || return 0
  # A link that somebody has put there since stays one.
  path=$(readlink -f -- "$path")
  if [[ $(checksum "$path") == "$after" ]]; then base=$backup; fi
  without_ours "$base" "$detail" >"$work/content" || return 1
  cmp -s -- "$work/content" "$path" || replace_file "$path" "$work/content" 644
}

# A file that we made goes, unless others have written into it since: then our part goes.
undo_new() {
  local path=$1 after=$2 detail=$3
  drop_new "$path"
  # nginx does not start with an include of a file that is gone.
  [[ $path != "$nginx_snippet" ]] || clean_sites
  if [[ $detail != "$none" && -f $path && $(checksum "$path") != "$after" ]]; then
    without_ours "$path" "$detail" >"$work/content" || return 1
    if grep -q '[^][:space:][]' "$work/content"; then
      cmp -s -- "$work/content" "$path" || replace_file "$path" "$work/content" 644
      return 0
    fi
  fi
  "${as[@]}" rm -f -- "$path"
  [[ ! -e $path ]]
}

# What a killed run has left beside a file.
drop_new() {
  local new
  new=$(new_name "$1")
  if [[ -e $new ]]; then "${as[@]}" rm -f -- "$new"; fi
}

without_ours() {
  case $2 in
    json) "$node" "$source_folder/installer/navi.mjs" remove "$1" ;;
    "$none") cat -- "$1" ;;
    *) remove_line "$1" "$2" ;;
  esac
}

# The unit is stopped before its file goes.
undo_unit() {
  sudo systemctl disable --now "$1" >/dev/null 2>&1 || true
  sudo systemctl stop "$1" >/dev/null 2>&1 || true
}

# The includes of our files that are left, and what the service itself has made in the printer's folders. Files in LMNT/ that are
# not stubs are somebody's own.
undo_printer() {
  local stub
  read_printer "$1"
  remove_includes "$printer_cfg" "$config/lmnt-stream.cfg"
  remove_includes "$moonraker_conf" "$config/lmnt-moonraker.conf"
  rm -rf -- "$data/comms/lmnt" "$data"/logs/lmnt-edge.log*
  for stub in "$data"/gcodes/LMNT/*.gcode; do
    if [[ -f $stub ]] && grep -q '^STREAM_GCODE_LINE JOB=' -- "$stub"; then rm -f -- "$stub"; fi
  done
  if [[ -d $data/gcodes/LMNT ]]; then rmdir --ignore-fail-on-non-empty -- "$data/gcodes/LMNT"; fi
}

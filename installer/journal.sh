# Each change has a line here, which is synced to the disk before the change itself: a run that was killed can be completed or undone.
#   kind <tab> root|user <tab> path <tab> backup <tab> checksum after the change <tab> detail
# Lines are only added: the last one of a path counts. The kinds:
#   edit     a file that was there before us; the detail is our line in it, or "json"
#   new      a file that we made; with a detail others may write into it, too
#   link     a symbolic link; the detail is its target
#   folder   a folder that we made
#   tree     a folder that is ours with everything in it
#   unit     a systemd unit, by its name
#   printer  a printer's data folder; the detail is its configuration folder
#   webcam   DATA/webcam of a printer's data folder
#   restart  a restart that is due, of DATA/klipper, DATA/moonraker, nginx or lmnt-edge
#   dropped  the path has no entry any more

journal_folder="$state/installer"
journal="$journal_folder/journal"
none=-

# The journal in memory: the entry of each path, and the paths in the order of their first entry.
declare -A entries=()
entry_paths=()

read_journal() {
  local line
  [[ -f $journal ]] || return 0
  # A last line without its end was cut off with the power. Its change was not begun.
  while IFS= read -r line; do set_entry "$line"; done <"$journal"
}

set_entry() {
  local kind path one
  IFS=$'\t' read -r kind _ path _ <<<"$1"
  [[ -n $path ]] || return 0
  if [[ $kind == dropped ]]; then
    local -a others=()
    for one in "${entry_paths[@]}"; do [[ $one == "$path" ]] || others+=("$one"); done
    entry_paths=("${others[@]}")
    entries[$path]=''
  else
    [[ -n ${entries[$path]:-} ]] || entry_paths+=("$path")
    entries[$path]=$1
  fi
}

is_installed() { ((${#entry_paths[@]} > 0)); }

has_entry() { [[ -n ${entries[$1]:-} ]]; }

# read_entry PATH: sets kind, user, path, backup, after and detail; empty when the path has no entry.
read_entry() { IFS=$'\t' read -r kind user path backup after detail <<<"${entries[$1]:-}"; }

open_journal() {
  local folder
  for folder in "$state" "$journal_folder" "$journal_folder/backup"; do
    [[ -d $folder ]] || mkdir -m 700 -- "$folder"
  done
  tidy_journal
}

# The file with nothing but the entries that count.
tidy_journal() {
  local one
  [[ -f $journal ]] || return 0
  for one in "${entry_paths[@]}"; do printf '%s\n' "${entries[$one]}"; done >"$journal.new"
  if cmp -s -- "$journal.new" "$journal"; then
    rm -f -- "$journal.new"
  else
    sync -- "$journal.new"
    mv -T -- "$journal.new" "$journal"
    sync -- "$journal_folder"
  fi
}

# journal_put KIND PATH BACKUP CHECKSUM DETAIL: adds the entry of a path, or replaces it where it stands. Not synced yet.
journal_put() {
  local user=user entry
  [[ ${#as[@]} -eq 0 ]] || user=root
  printf -v entry '%s\t%s\t%s\t%s\t%s\t%s' "$1" "$user" "$2" "${3:-$none}" "${4:-$none}" "${5:-$none}"
  [[ ${entries[$2]:-} != "$entry" ]] || return 0
  printf '%s\n' "$entry" >>"$journal"
  set_entry "$entry"
}

journal_sync() { sync -- "$journal"; }

# Never synced: what is undone or restarted once more does no harm.
journal_drop() {
  has_entry "$1" || return 0
  local entry
  printf -v entry 'dropped\t%s\t%s' "$none" "$1"
  printf '%s\n' "$entry" >>"$journal"
  set_entry "$entry"
}

# The paths of all entries of a kind, one a line.
journal_paths() {
  local one
  for one in "${entry_paths[@]}"; do [[ ${entries[$one]} != "$1"$'\t'* ]] || printf '%s\n' "$one"; done
}

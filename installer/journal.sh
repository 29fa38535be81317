# Each change has a line here, which is written before the change itself: a run that was killed can be completed or undone.
#   kind <tab> root|user <tab> path <tab> backup <tab> checksum after the change <tab> detail
# The kinds:
#   edit     a file that was there before us; the detail is our line in it, or "json"
#   new      a file that we made; with a detail others may write into it, too
#   link     a symbolic link; the detail is its target
#   folder   a folder that we made
#   tree     a folder that is ours with everything in it
#   unit     a systemd unit, by its name
#   printer  a printer's data folder; the detail is its configuration folder
#   webcam   DATA/webcam of a printer's data folder
#   restart  a restart that is due, of DATA/klipper, DATA/moonraker, nginx or lmnt-edge

journal_folder="$state/installer"
journal="$journal_folder/journal"
none=-

is_installed() { [[ -s $journal ]]; }

open_journal() {
  [[ -d $state ]] || mkdir -m 700 -- "$state"
  [[ -d $journal_folder ]] || mkdir -m 700 -- "$journal_folder"
  [[ -d $journal_folder/backup ]] || mkdir -m 700 -- "$journal_folder/backup"
}

# The entry of a path; nothing when there is none.
journal_entry() {
  [[ -f $journal ]] || return 0
  local kind user path rest
  while IFS=$'\t' read -r kind user path rest; do
    [[ $path == "$1" ]] && printf '%s\t%s\t%s\t%s\n' "$kind" "$user" "$path" "$rest"
  done <"$journal"
  return 0
}

# journal_put KIND PATH BACKUP CHECKSUM DETAIL: adds the entry of a path, or replaces it where it stands.
journal_put() {
  local user=user entry
  [[ ${#as[@]} -eq 0 ]] || user=root
  entry=$(printf '%s\t%s\t%s\t%s\t%s\t%s' "$1" "$user" "$2" "${3:-$none}" "${4:-$none}" "${5:-$none}")
  [[ $(journal_entry "$2") != "$entry" ]] || return 0
  journal_rewrite "$2" "$entry"
}

# The paths of all entries of a kind.
journal_paths() {
  [[ ! -f $journal ]] || awk -F '\t' -v kind="$1" '$1 == kind { print $3 }' "$journal"
}

journal_drop() { journal_rewrite "$1" ''; }

# The whole journal again, with the entry of one path replaced, added or (when empty) left out.
journal_rewrite() {
  local wanted=$1 entry=$2 line path is_there=no
  {
    if [[ -f $journal ]]; then
      while IFS= read -r line; do
        IFS=$'\t' read -r _ _ path _ <<<"$line"
        if [[ $path != "$wanted" ]]; then printf '%s\n' "$line"
        elif [[ -n $entry ]]; then printf '%s\n' "$entry" && is_there=yes
        fi
      done <"$journal"
    fi
    if [[ -n $entry && $is_there == no ]]; then printf '%s\n' "$entry"; fi
  } >"$journal.new"
  sync -- "$journal.new"
  mv -T -- "$journal.new" "$journal"
  sync -- "$journal_folder"
}

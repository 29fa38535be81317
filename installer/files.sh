# The only functions that change files, folders and links. Each writes the journal first, does nothing when all is as wanted, and
# with --dry-run shows what it would do. `as` is empty, or (sudo) within as_root.

as=()
affects=''

checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }

# Where a file is written beside the one that it replaces. A fixed name, so that a later run finds what a killed one left.
new_name() { printf '%s/.%s.lmnt-new' "${1%/*}" "${1##*/}"; }

# replace_file TARGET CONTENT MODE: TARGET gets the content of the file CONTENT, whole or not at all, also when the power fails.
# Owner, mode and attributes of an old TARGET stay; MODE is for a new one.
replace_file() {
  local target=$1 content=$2 mode=$3 new
  new=$(new_name "$target")
  "${as[@]}" rm -f -- "$new"
  if ! write_beside "$target" "$content" "$mode" "$new"; then
    "${as[@]}" rm -f -- "$new"
    fail "$target could not be written: see the message above. It is as it was."
  fi
  "${as[@]}" mv -T -- "$new" "$target"
  "${as[@]}" sync -- "$(dirname "$target")"
  cmp -s -- "$content" "$target" || fail "$target does not contain what was written. Check the disk (dmesg), then run install.sh again."
}

write_beside() {
  local target=$1 content=$2 mode=$3 new=$4
  "${as[@]}" cp -- "$content" "$new" || return 1
  if [[ -e $target ]]; then
    "${as[@]}" cp --attributes-only --preserve=all -- "$target" "$new" && "${as[@]}" touch -- "$new" || return 1
    keep_owner "$target" "$new" || return 1
  else
    "${as[@]}" chmod "$mode" -- "$new" || return 1
  fi
  "${as[@]}" sync -- "$new"
}

# A group that we are not in can only be kept by root.
keep_owner() {
  [[ $(stat -c %u:%g -- "$1") != "$(stat -c %u:%g -- "$2")" ]] || return 0
  if can_root && sudo chown --reference="$1" -- "$2"; then return 0; fi
  warn "$1 belongs to $(stat -c %U:%G -- "$1"), which would be lost. Run: sudo chown $(id -un):$(id -gn) '$1'"
  return 1
}

# write_file TARGET CONTENT DETAIL [MODE]: changes or makes a file. Symbolic links are followed and stay. DETAIL is how to take the
# change out of a file that was edited since: our line in it, "json", or nothing for a file that is ours alone.
write_file() {
  local target content=$2 detail=$3 mode=${4:-644} verb=changed
  target=$(readlink -f -- "$1") || fail "$1 leads nowhere: a folder or the target of a link is missing."
  if [[ -e $target ]] && cmp -s -- "$content" "$target"; then return 0; fi
  if [[ $is_dry == yes ]]; then
    show_diff "$target" "$content"
    return 0
  fi
  [[ -e $target ]] || verb=wrote
  mark_affected
  remember_file "$target" "$(checksum "$content")" "$detail"
  replace_file "$target" "$content" "$mode"
  step "$verb $(short "$target")"
}

# The program that reads what is changed has to be started again: remembered before the change, forgotten after the restart.
mark_affected() {
  [[ -z ${affects:-} ]] || journal_put restart "$affects" '' '' ''
}

show_diff() {
  local old=$1
  [[ -e $1 ]] || old=/dev/null
  diff -u --label "$(short "$1")" --label "$(short "$1")" -- "$old" "$2" || true
}

# The entry, and a copy of the file as it is without us. The first copy stays as long as nobody else changes the file.
remember_file() {
  local target=$1 after=$2 detail=$3 entry kind backup known_after now
  entry=$(journal_entry "$target")
  IFS=$'\t' read -r kind _ _ backup known_after _ <<<"$entry"
  if [[ ! -e $target || $kind == new ]]; then
    journal_put new "$target" '' "$after" "$detail"
    return 0
  fi
  now=$(checksum "$target")
  if [[ -z $entry || ! -f $backup || ($now != "$known_after" && $now != "$(checksum "$backup")") ]]; then
    backup=$journal_folder/backup/$(sha256sum <<<"$target" | cut -c 1-8)-$(basename "$target")
    cp -- "$target" "$backup.new"
    chmod 600 -- "$backup.new"
    sync -- "$backup.new"
    mv -T -- "$backup.new" "$backup"
  fi
  journal_put edit "$target" "$backup" "$after" "$detail"
}

# make_link TARGET PATH: a symbolic link at PATH. Something else that lies there is somebody's own.
make_link() {
  local target=$1 path=$2
  if [[ -L $path && $(readlink -- "$path") == "$target" ]]; then
    [[ $is_dry == yes ]] || journal_put link "$path" '' '' "$target"
    return 0
  fi
  [[ ! -e $path && ! -L $path ]] || fail "$path is there already and not ours. Move it away, then run install.sh again."
  if [[ $is_dry == yes ]]; then
    say "new link $(short "$path") -> $(short "$target")"
    return 0
  fi
  mark_affected
  journal_put link "$path" '' '' "$target"
  ln -s -- "$target" "$path"
  step "linked $(short "$path")"
}

# make_folder PATH MODE
make_folder() {
  [[ ! -d $1 ]] || return 0
  if [[ $is_dry == yes ]]; then
    say "new folder $(short "$1")"
    return 0
  fi
  journal_put folder "$1" '' '' ''
  "${as[@]}" mkdir -m "$2" -- "$1"
}

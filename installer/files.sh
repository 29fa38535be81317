# The only functions that change files, folders and links. Each has the journal on the disk first, does nothing when all is as wanted,
# and with --dry-run shows what it would do. `as` is empty, or (sudo) within as_root.

as=()
affects=''

# Sets sums to the checksums of files, "-" is stdin.
read_sums() {
  mapfile -d '' -t sums < <(sha256sum --zero -- "$@")
  sums=("${sums[@]%% *}")
}

# Where a file is written beside the one that it replaces. A fixed name, so that a later run finds what a killed one left.
new_name() { printf '%s/.%s.lmnt-new' "${1%/*}" "${1##*/}"; }

# replace_file TARGET CONTENT MODE [FILE]...: TARGET gets the content of the file CONTENT, whole or not at all, also when the power
# fails. Owner, mode and attributes of an old TARGET stay; MODE is for a new one. The other files are synced before.
replace_file() {
  local target=$1 content=$2 mode=$3 new
  new=$(new_name "$target")
  if ! { write_beside "$target" "$content" "$mode" "$new" && "${as[@]}" sync -- "$new" "${@:4}"; }; then
    "${as[@]}" rm -f -- "$new"
    fail "$target could not be written: see the message above. It is as it was."
  fi
  "${as[@]}" mv -T -- "$new" "$target"
  "${as[@]}" sync -- "${target%/*}"
  cmp -s -- "$content" "$target" || fail "$target does not contain what was written. Check the disk (dmesg), then run install.sh again."
}

write_beside() {
  local target=$1 content=$2 mode=$3 new=$4
  if [[ -e $target ]]; then
    "${as[@]}" cp --remove-destination -- "$content" "$new" &&
      "${as[@]}" cp --attributes-only --preserve=all --no-preserve=timestamps -- "$target" "$new" &&
      keep_owner "$target" "$new"
  else
    "${as[@]}" install -m "$mode" -- "$content" "$new"
  fi
}

# A group that we are not in can only be kept by root.
keep_owner() {
  if [[ -O $1 && -G $1 && -O $2 && -G $2 ]]; then return 0; fi
  [[ $(stat -c %u:%g -- "$1") != "$(stat -c %u:%g -- "$2")" ]] || return 0
  if can_root && sudo chown --reference="$1" -- "$2"; then return 0; fi
  warn "$1 belongs to $(stat -c %U:%G -- "$1"), which would be lost. Run: sudo chown $(id -un):$(id -gn) '$1'"
  return 1
}

# write_file TARGET CONTENT DETAIL [MODE]: changes or makes a file. Symbolic links are followed and stay. DETAIL is how to take the
# change out of a file that was edited since: our line in it, "json", or nothing for a file that is ours alone.
write_file() {
  local target content=$2 detail=$3 mode=${4:-644} verb=changed copy=''
  target=$(readlink -f -- "$1") || fail "$1 leads nowhere: a folder or the target of a link is missing."
  if [[ -e $target ]] && cmp -s -- "$content" "$target"; then return 0; fi
  if [[ $is_dry == yes ]]; then
    show_diff "$target" "$content"
    return 0
  fi
  [[ -e $target ]] || verb=wrote
  mark_affected
  remember_file "$target" "$content" "$detail"
  replace_file "$target" "$content" "$mode" "$journal" ${copy:+"$copy"}
  forget_includes
  step "$verb $target"
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

# remember_file TARGET CONTENT LINE: the entry, and a copy of the file as it is without us. The first copy stays as long as nobody
# else changes the file. Sets copy when there is a new one.
remember_file() {
  local target=$1 content=$2 line=$3
  local kind user path backup after detail sums
  read_entry "$target"
  if [[ ! -e $target || $kind == new ]]; then
    read_sums "$content"
    journal_put new "$target" '' "${sums[0]}" "$line"
    return 0
  fi
  # The last one gives the copy a name that no other file's has.
  read_sums "$content" "$target" - <<<"$target"
  if [[ -z $kind || ! -f $backup || (${sums[1]} != "$after" && ${sums[1]} != "$(checksum "$backup")") ]]; then
    copy=$journal_folder/backup/${sums[2]:0:8}-${target##*/}
    install -m 600 -- "$target" "$copy.new"
    mv -T -- "$copy.new" "$copy"
    backup=$copy
  fi
  journal_put edit "$target" "$backup" "${sums[0]}" "$line"
}

checksum() {
  local sums
  read_sums "$1"
  printf '%s' "${sums[0]}"
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
  journal_sync
  ln -s -- "$target" "$path"
  step "linked $path"
}

# make_folder PATH MODE
make_folder() {
  [[ ! -d $1 ]] || return 0
  if [[ $is_dry == yes ]]; then
    say "new folder $(short "$1")"
    return 0
  fi
  journal_put folder "$1" '' '' ''
  journal_sync
  "${as[@]}" mkdir -m "$2" -- "$1"
}

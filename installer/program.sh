# The program's folder, ~/lmnt-edge: checked in the archive, copied whole, replaced whole.

# A checkout of the project has no SHA256SUMS: an archive is built out of it, whose own install.sh then goes on.
build_from_checkout() {
  [[ ! -f $source_folder/SHA256SUMS && -f $source_folder/local/release/main.ts ]] || return 0
  [[ -n $node ]] && command -v npm >/dev/null ||
    fail "$source_folder is a checkout, and this host has no Node 20.11 with npm to build it. Run npm run release on another computer, and the install.sh in the archive here."
  say "Building the archive out of $(short "$source_folder")"
  (cd -- "$source_folder" && npm run --silent release -- --arch "$architecture" --no-runtime --out "$work/release") ||
    fail "The archive could not be built in $source_folder: see the messages above."
  go_on_with_archive "$work/release/lmnt-edge-$architecture.zip"
}

# go_on_with_archive ZIP: unpacks it, and runs its install.sh with the options of this run.
go_on_with_archive() {
  unzip_archive "$1" "$work/unpacked"
  flock --unlock 9
  bash "$work/unpacked/install.sh" "${same_options[@]}"
  exit
}

unzip_archive() {
  if command -v unzip >/dev/null; then unzip -q "$1" -d "$2"
  elif command -v python3 >/dev/null; then python3 -m zipfile -e "$1" "$2"
  else fail "Neither unzip nor python3 is here to unpack $1. Run: sudo apt install unzip"; fi
}

# Every file of the archive has the checksum that SHA256SUMS gives it, and SHA256SUMS a valid signature where there is one.
check_archive() {
  [[ -f $source_folder/SHA256SUMS ]] ||
    fail "$source_folder is not an unpacked release: SHA256SUMS is missing. Unpack the whole of lmnt-edge-$architecture.zip, and run the install.sh in it."
  check_signature "$source_folder/SHA256SUMS"
  (cd -- "$source_folder" && sha256sum --check --quiet --strict SHA256SUMS >"$work/checksums" 2>&1) ||
    fail "The archive in $source_folder is damaged or was changed: $(grep -m 3 FAILED "$work/checksums" | tr '\n' ' ')Download and unpack it again."
  local name sums
  sums=$(<"$source_folder/SHA256SUMS")
  for name in lmnt-edge edge.js release_info.json klipper/lmnt_stream/__init__.py moonraker_component/lmnt_marketplace.py systemd/lmnt-edge.service; do
    [[ $sums == *"  $name"* ]] || fail "The archive in $source_folder has no $name. Download and unpack it again."
  done
  [[ -n $node ]] || fail "This host has no Node 20.11 or newer, and the archive has none that runs here. Use lmnt-edge-$architecture.zip."
}

# check_signature FILE: by the keys of the installed version when it has any, since a forged archive brings its own.
check_signature() {
  local signers=$source_folder/installer/allowed_signers
  if [[ -f $program/installer/allowed_signers ]]; then
    signers=$program/installer/allowed_signers
    [[ -f $1.sig ]] || fail "The installed version is signed and $1 is not. Download the archive from the project's releases."
  fi
  if [[ ! -f $1.sig || ! -f $signers ]]; then
    step "the archive carries no signature: its checksums were checked only"
  elif ! command -v ssh-keygen >/dev/null; then
    step "the signature was not checked: ssh-keygen is missing (Debian: openssh-client)"
  else
    ssh-keygen -Y verify -q -f "$signers" -I lmnt-edge -n lmnt-edge -s "$1.sig" <"$1" >/dev/null 2>&1 ||
      fail "The signature of $1 is not valid. Do not use this archive: download it again from the project's releases."
  fi
}

version_of() { release_info "$1" version 2>/dev/null || true; }

# release_info FOLDER NAME: a value of its release_info.json.
release_info() {
  local text
  IFS= read -r -d '' text <"$1/release_info.json" || true
  [[ $text =~ \"$2\":\ *\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

is_same_program() { cmp -s -- "$source_folder/SHA256SUMS" "$program/SHA256SUMS" && (cd -- "$program" && sha256sum --check --status --strict SHA256SUMS 2>/dev/null); }

check_program_folder() {
  [[ $source_folder == "$program" || ! -e $program ]] && return 0
  has_entry "$program" && return 0
  fail "$program is there already and not the LMNT service's. Move it away, then run install.sh again."
}

# Room for the new program beside the old one, and for the copies of files.
check_space() {
  local needed free
  needed=$(du -sk -- "$source_folder")
  needed=$((${needed%%$'\t'*} + 2048))
  free=$(df -Pk -- "$HOME" | awk 'NR == 2 { print $4 }')
  ((free >= needed)) || fail "The disk of $HOME has $((free / 1024)) MB free, $((needed / 1024 + 1)) MB are needed. Nothing was changed."
}

install_program() {
  if [[ $source_folder == "$program" ]]; then
    # By an update that was not install.sh's: the service may still run the earlier version.
    [[ $is_dry == yes ]] || affects=$service mark_affected
    return 0
  fi
  finish_swap
  if is_same_program; then return 0; fi
  if [[ $is_dry == yes ]]; then
    say "new folder $(short "$program"): $(wc -l <"$source_folder/SHA256SUMS") files of version $(version_of "$source_folder")"
    return 0
  fi
  step "copying version $(version_of "$source_folder") to $program"
  journal_put tree "$program" '' '' ''
  affects=$service mark_affected
  mark_changed_parts
  journal_sync
  copy_program "$program.new"
  if [[ -d $program ]]; then mv -T -- "$program" "$program.old"; fi
  mv -T -- "$program.new" "$program"
  sync -- "$HOME"
  rm -rf -- "$program.old"
}

# Klipper and Moonraker read their parts of the program at their start only.
mark_changed_parts() {
  mark_changed_part klipper/ klipper
  mark_changed_part moonraker_component/ moonraker
}

# mark_changed_part FOLDER READER: when the folder changes, its reader is due on every printer.
mark_changed_part() {
  local one
  [[ $(sums_of "$source_folder" "$1") != "$(sums_of "$program" "$1")" ]] || return 0
  for one in "${data_folders[@]}"; do affects=$one/$2 mark_affected; done
}

sums_of() { grep -F "  $2" "$1/SHA256SUMS" 2>/dev/null || true; }

# A run that was killed between the two renames has left the old version aside.
finish_swap() {
  [[ $is_dry == no ]] || return 0
  if [[ -d $program.old && ! -d $program ]]; then mv -T -- "$program.old" "$program"; fi
  rm -rf -- "$program.old" "$program.new"
}

# Only what SHA256SUMS lists, so that nothing else of the folder comes along.
copy_program() {
  local to=$1 name
  mkdir -m 755 -- "$to"
  {
    sed 's/^[0-9a-f]* [ *]//' "$source_folder/SHA256SUMS"
    printf 'SHA256SUMS\n'
    [[ ! -f $source_folder/SHA256SUMS.sig ]] || printf 'SHA256SUMS.sig\n'
  } >"$work/names"
  while IFS= read -r name; do
    [[ /$name/ != */../* && $name != /* ]] || fail "The archive names a file outside of its folder: $name. Do not use it."
  done <"$work/names"
  (cd -- "$source_folder" && tr '\n' '\0' <"$work/names" | xargs -0 cp --parents -t "$to" --) || fail "The program could not be copied to $to. Check the free space (df -h ~)."
  chmod -R u+rwX,go=rX -- "$to"
  chmod 755 -- "$to/lmnt-edge" "$to/install.sh"
  if [[ -f $to/runtime/node ]]; then chmod 755 -- "$to/runtime/node"; fi
  (cd -- "$to" && sha256sum --check --quiet --strict SHA256SUMS >/dev/null 2>&1) || fail "The copy in $to differs from the archive. Check the disk (dmesg), then run install.sh again."
  sync --file-system -- "$to"
}

# Installs the version of this archive over the one that is there, when nothing prints.

update_service() {
  is_installed || fail "The LMNT service is not installed here. Run install.sh without --update."
  if [[ -n $from || $source_folder == "$program" ]]; then update_from_release; fi
  build_from_checkout
  check_archive
  check_program_folder
  choose_installed
  check_installation
  if [[ $is_dry == yes ]]; then
    make_changes
    return 0
  fi
  say "Update of the LMNT service: $(version_of "$program") to $(version_of "$source_folder")"
  wait_until_idle
  open_journal
  apply_changes
}

# The printers that are installed; with -n, those.
choose_installed() {
  if ((${#names[@]} > 0)) || [[ -n $config_folder ]]; then
    choose_printers
  else
    mapfile -t data_folders < <(journal_paths printer)
    ((${#data_folders[@]} > 0)) || choose_printers
  fi
}

# Downloads the archive when none is given, checks it, unpacks it, and goes on with its own install.sh.
update_from_release() {
  local archive=lmnt-edge-$architecture.zip place=${from:-https://github.com/$(repository)/releases/latest/download} name
  mkdir -- "$work/release"
  if [[ $place =~ ^https?:// ]]; then
    for name in SHA256SUMS SHA256SUMS.sig "$archive"; do
      say "Downloading $name"
      download "${place%/}/$name" "$work/release/$name" || [[ $name == *.sig ]] || fail "${place%/}/$name cannot be downloaded. Download it by hand and name it by --from."
    done
  else
    [[ -f $place ]] || fail "--from: $place is not a file."
    archive=$(basename "$place")
    cp -- "$place" "$work/release/$archive"
    for name in SHA256SUMS SHA256SUMS.sig; do
      [[ ! -f $(dirname "$place")/$name ]] || cp -- "$(dirname "$place")/$name" "$work/release/"
    done
    [[ -f $work/release/SHA256SUMS ]] || fail "SHA256SUMS is missing beside $place. Download it, too."
  fi
  check_signature "$work/release/SHA256SUMS"
  (cd -- "$work/release" && grep -E "  $archive\$" SHA256SUMS | sha256sum --check --quiet --strict >/dev/null 2>&1) ||
    fail "$archive is damaged: its checksum is not the one in SHA256SUMS. Download it again."
  go_on_with_archive "$work/release/$archive"
}

download() {
  "$node" -e '
    const [url, path] = process.argv.slice(1)
    fetch(url).then(async answer => {
      if (!answer.ok) process.exit(1)
      await require("fs/promises").writeFile(path, answer.body)
    }).catch(() => process.exit(1))' "$1" "$2"
}

# The archive is checked before anything is copied: checksums, signature, completeness.
# shellcheck disable=SC2016,SC2034,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  manifest >"$host/before"
}
teardown() { remove_host; }

# A key of a release's maker, and the archive signed with it.
sign_archive() {
  [ -f "$host/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$host/key" -C ''
  printf 'lmnt-edge namespaces="lmnt-edge" %s\n' "$(cat "$host/key.pub")" >"$host/archive/installer/allowed_signers"
  list_again
  rm -f "$host/archive/SHA256SUMS.sig"
  ssh-keygen -Y sign -q -f "$host/key" -n lmnt-edge "$host/archive/SHA256SUMS"
  give_to_user
}

refused_with() {
  run install_it
  echo "$output"
  [ "$status" -eq 1 ] && [[ $output == *"$1"* ]]
  same_as "$host/before"
}

@test "a file that was changed is refused by name" {
  echo '# evil' >>"$host/archive/edge.js"
  refused_with 'edge.js: FAILED'
}

@test "a missing file, and an archive without checksums" {
  rm "$host/archive/klipper/lmnt_stream/stub.py"
  refused_with 'damaged'
  rm "$host/archive/SHA256SUMS"
  refused_with 'SHA256SUMS is missing'
}

@test "what the checksums do not list is not copied" {
  echo mine >"$host/archive/notes.txt"
  install_it
  [ -f "$home/lmnt-edge/edge.js" ]
  [ ! -e "$home/lmnt-edge/notes.txt" ]
}

@test "checksums that name a file outside of the archive are refused" {
  echo x >"$host/outside"
  (cd "$host/archive" && sha256sum ../outside >>SHA256SUMS)
  refused_with 'outside of its folder'
}

@test "a valid signature is accepted, a file signed by another key is not" {
  sign_archive
  install_it
  [ -f "$home/lmnt-edge/SHA256SUMS.sig" ]
  run_script --yes --uninstall
  same_as "$host/before"
  ssh-keygen -q -t ed25519 -N '' -f "$host/other" -C ''
  rm "$host/archive/SHA256SUMS.sig"
  ssh-keygen -Y sign -q -f "$host/other" -n lmnt-edge "$host/archive/SHA256SUMS"
  give_to_user
  refused_with 'is not valid'
}

@test "an update is checked by the installed keys: an archive cannot bring its own" {
  sign_archive
  install_it
  manifest >"$host/before"
  rm "$host/key" "$host/key.pub"
  echo '// another version' >>"$host/archive/edge.js"
  sign_archive
  refused_with 'is not valid'
  rm "$host/archive/SHA256SUMS.sig"
  refused_with 'The installed version is signed'
}

@test "too little room on the disk is found before anything is changed" {
  command_that df 'echo head; echo "disk 100 99 1 99% /"'
  refused_with 'MB are needed'
}

@test "a disk that fills up while it is written: everything is taken back" {
  # From the tenth copy on nothing can be written, as on a full disk, until the program is gone.
  command_that cp 'echo x >>"$host/copies"
[ "$(wc -l <"$host/copies")" -lt 10 ] || [ ! -e "$HOME/lmnt-edge" ] || { echo "cp: No space left on device" >&2; exit 1; }
exec /usr/bin/cp "$@"'
  : >"$host/copies" && chmod 666 "$host/copies"
  run install_it
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"taken back"* ]]
  same_as "$host/before"
}

@test "the kernel refuses to write more of the program: everything is taken back" {
  # A file is full for every process of the script before the largest one is whole.
  local largest
  largest=$(find "$host/archive" -type f -printf '%s\n' | sort -n | tail -n 1)
  run bash -c "trap '' XFSZ; ulimit -f $((largest / 1024 - 1)); $(declare -f as_user run_script install_it); $(declare -p host home root bin test_user); install_it"
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"could not be copied"*"taken back"* ]]
  same_as "$host/before"
}

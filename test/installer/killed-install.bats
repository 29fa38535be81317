# An installation that is killed at any of its writes: the next run completes it, and --uninstall removes it.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  keep_tree pristine
  manifest >"$host/before"
}
teardown() { remove_host; }

# What brings a change into being: all else writes beside it.
writes=(mv ln mkdir)

@test "killed at each write, run again: all is as after one run" {
  install_it
  manifest >"$host/installed"
  deadly "${writes[@]}"
  local number
  for ((number = ${LMNT_TEST_PART:-1}; ; number += ${LMNT_TEST_PARTS:-1})); do
    back_to_tree pristine
    killed_at "$number" install_it || break
    run install_it
    [ "$status" -eq 0 ] || { echo "after write $number: $output" && return 1; }
    same_as "$host/installed" || { echo "killed at write $number" && return 1; }
  done
  echo "$number writes"
  [ "$number" -gt 30 ]
}

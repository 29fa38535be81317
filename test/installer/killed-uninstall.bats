# --uninstall after an installation that was killed at any of its writes, and a --uninstall that is killed itself.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer && give_to_user
  keep_tree pristine
  manifest >"$host/before"
}
teardown() { remove_host; }

@test "killed at each write, then --uninstall: every byte is as before" {
  deadly mv ln mkdir
  local number
  for ((number = ${LMNT_TEST_PART:-1}; ; number += ${LMNT_TEST_PARTS:-1})); do
    back_to_tree pristine
    killed_at "$number" install_it || break
    # Before its first write there is nothing to remove.
    run run_script --yes --uninstall
    [ "$status" -eq 0 ] || [ "$number" -eq 1 ] || { echo "after write $number: $output" && return 1; }
    same_as "$host/before" || { echo "killed at write $number" && return 1; }
  done
  [ "$number" -gt 30 ]
}

@test "--uninstall killed at each of its steps, run again: every byte is as before" {
  install_it
  keep_tree installed
  deadly mv rm rmdir
  local number
  for ((number = ${LMNT_TEST_PART:-1}; ; number += ${LMNT_TEST_PARTS:-1})); do
    back_to_tree installed
    killed_at "$number" run_script --yes --uninstall || break
    run run_script --yes --uninstall
    # Killed behind the last step, there is nothing left to remove.
    [ "$status" -eq 0 ] || [[ $output == *"not installed here"* ]] || { echo "after step $number: $output" && return 1; }
    same_as "$host/before" || { echo "killed at step $number" && return 1; }
  done
  [ "$number" -gt 20 ]
}

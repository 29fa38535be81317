# An installation that is killed at any of its writes: the next run completes it, and --uninstall removes it. A --uninstall that is
# killed is completed by the next. What a kill leaves is taken as a copy before and after each write; three real kills
# check that such a copy is what they leave.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  make_host && make_programs && make_printer
  give_to_user
  manifest >"$host/before"
  mkdir "$host/pristine" && cp -a "$host"/{home,root,units} "$host/pristine/"
}
teardown() { remove_host; }

uninstall() { run_script --yes --uninstall; }

# The copies, in the order of the writes.
shots() { find "$host/shots" -mindepth 1 -maxdepth 1 | sort -V; }

# leaves_its_copy NUMBER COMMAND...: a run that is killed there for real leaves what was copied at that write.
leaves_its_copy() {
  local shot=$1
  back_to "$host/pristine"
  killed_at "$@"
  manifest >"$host/killed"
  # Copies that are as the one before are not kept.
  while [ ! -d "$host/shots/$shot" ]; do shot=$((shot - 1)); done
  diff "$host/killed" <(host=$host/shots/$shot manifest)
}

@test "killed at each write, run again: all is as after one run; or --uninstall: every byte is as before" {
  shots_of install_it
  manifest >"$host/installed"
  local shot tried=0
  for shot in 15 30 45; do leaves_its_copy "$shot" install_it; done
  while read -r shot; do
    back_to "$shot"
    run install_it
    [ "$status" -eq 0 ] || { echo "after write ${shot##*/}: $output" && return 1; }
    same_as "$host/installed" || { echo "killed at write ${shot##*/}" && return 1; }
    back_to "$shot"
    # Before the first write there is nothing to remove.
    run uninstall
    [ "$status" -eq 0 ] || [[ $output == *"not installed here"* ]] || { echo "after write ${shot##*/}: $output" && return 1; }
    same_as "$host/before" || { echo "killed at write ${shot##*/}, removed" && return 1; }
    tried=$((tried + 1))
  done < <(shots)
  echo "$tried states"
  [ "$tried" -gt 30 ]
}

@test "--uninstall killed at each of its steps, run again: every byte is as before" {
  install_it
  shots_of uninstall
  same_as "$host/before"
  local shot tried=0
  while read -r shot; do
    back_to "$shot"
    run uninstall
    # Killed behind the last step, there is nothing left to remove.
    [ "$status" -eq 0 ] || [[ $output == *"not installed here"* ]] || { echo "after step ${shot##*/}: $output" && return 1; }
    same_as "$host/before" || { echo "killed at step ${shot##*/}" && return 1; }
    tried=$((tried + 1))
  done < <(shots)
  echo "$tried states"
  [ "$tried" -gt 20 ]
}

# The unit of the service, as systemd itself reads it.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host

setup() {
  command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed (Debian: systemd)"
}
teardown() { remove_host; }

unit() { echo "$root/etc/systemd/system/lmnt-edge.service"; }

@test "systemd accepts the unit, also with a space, an umlaut and a percent sign in the home folder" {
  local name
  for name in pi 'Jörg M' '100% user'; do
    make_host "$name" && make_programs && make_printer && give_to_user
    install_it >/dev/null
    # It warns of units of this machine, too; what it says about ours names the file. Nobody runs a printer as "nobody".
    run systemd-analyze verify --man=no "$(unit)"
    echo "$output"
    [ "$status" -eq 0 ]
    not grep -F lmnt-edge <<<"$(grep -v 'Special user nobody' <<<"$output")"
    remove_host
  done
}

@test "the unit's exposure is what systemd calls low" {
  make_host && make_programs && make_printer && give_to_user
  install_it >/dev/null
  run systemd-analyze security --offline=true --threshold=45 --no-pager "$(unit)"
  tail -n 1 <<<"$output"
  [ "$status" -eq 0 ]
}

# Calls to Moonraker, by its unix socket where there is one (it needs no log-in), else by HTTP.

# call_moonraker METHOD [JSON]: the result as JSON on stdout. Fails when Moonraker does not answer, or answers an error.
call_moonraker() {
  [[ -n $node ]] && moonraker_listens || { echo "Moonraker does not answer" >&2 && return 1; }
  "$node" "$source_folder/installer/moonraker-call.mjs" "$data/comms/moonraker.sock" "$moonraker_url" "$api_key_file" "$@"
}

# Whether anybody listens there, without starting Node for it.
moonraker_listens() {
  [[ -S $data/comms/moonraker.sock || -n $(http_status) ]]
}

# The status of Moonraker's answer to a request without a log-in; nothing when nobody answers.
http_status() {
  local address=${moonraker_url#http://}
  # shellcheck disable=SC2016 # for the inner shell
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET /server/info HTTP/1.0\r\n\r\n" >&3 && read -r _ status _ <&3 && echo "$status"' \
    - "$(tr -d '[]' <<<"${address%:*}")" "${address##*:}" 2>/dev/null || true
}

# What the printer does: printing, paused, busy (moving without a print), idle, or unknown when Moonraker does not answer.
print_state() { call_moonraker print-state 2>/dev/null || echo unknown; }

# A sentence about the first printer of data_folders with a print in progress; nothing when none has.
print_in_progress() {
  local one state_now
  for one in "${data_folders[@]}"; do
    read_printer "$one"
    [[ -f $moonraker_conf ]] || continue
    state_now=$(print_state)
    if [[ $state_now =~ ^(printing|paused)$ ]]; then
      printf 'The printer of %s is %s.' "$(short "$data")" "$state_now"
      return 0
    fi
  done
}

wait_until_idle() {
  local sentence waited=0
  while sentence=$(print_in_progress) && [[ -n $sentence ]]; do
    if ((waited % 60 == 0)); then say "$sentence Waiting for the end of the print ($((waited / 60)) min). Ctrl-C stops waiting; nothing has been changed."; fi
    sleep "${LMNT_POLL_SECONDS:-5}"
    waited=$((waited + 5))
  done
}

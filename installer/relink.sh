# Run by the service at each start: a Klipper or Moonraker update (git clean, a new clone) takes our links away.

relink_service() {
  local kind path detail
  is_installed || return 0
  while IFS=$'\t' read -r kind _ path _ _ detail; do
    [[ $kind == link && ! -e $path && ! -L $path && -d $(dirname "$path") ]] || continue
    ln -s -- "$detail" "$path" || continue
    say "Linked $path again, which an update had removed. Restart Klipper and Moonraker when the printer is idle."
  done <"$journal"
}

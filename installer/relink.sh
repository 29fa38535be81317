# Run by the service at each start: a Klipper or Moonraker update (git clean, a new clone) takes our links away.

relink_service() {
  local one kind user path backup after detail
  for one in "${entry_paths[@]}"; do
    read_entry "$one"
    [[ $kind == link && ! -e $path && ! -L $path && -d ${path%/*} ]] || continue
    ln -s -- "$detail" "$path" || continue
    say "Linked $path again, which an update had removed. Restart Klipper and Moonraker when the printer is idle."
  done
}

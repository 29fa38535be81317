# Klipper's part: the extra, linked into the checkout and kept out of git's sight, and [lmnt_stream] by one include line.

# Kalico has a folder for extras of others, klippy/plugins.
klipper_extras() {
  if [[ -d $klipper/klippy/plugins ]]; then printf '%s/klippy/plugins' "$klipper"; else printf '%s/klippy/extras' "$klipper"; fi
}

install_klipper() {
  local affects=$data/klipper extras
  extras=$(klipper_extras)
  affects='' exclude_from_git "$klipper" "$extras/lmnt_stream"
  make_link "$program/klipper/lmnt_stream" "$extras/lmnt_stream"
  if has_section "$printer_cfg" lmnt_stream "$config/lmnt-stream.cfg"; then
    step "[lmnt_stream] is in the configuration of $printer_cfg already: it stays as it is"
    return 0
  fi
  cat >"$work/stream.cfg" <<CFG
# Made by the LMNT service's install.sh, which removes it again. Prints bought models: https://github.com/$(repository).
[lmnt_stream]
socket: $stream_socket
CFG
  write_file "$config/lmnt-stream.cfg" "$work/stream.cfg" ''
  if includes_path "$printer_cfg" "$config/lmnt-stream.cfg"; then return 0; fi
  add_line "$printer_cfg" "$(include_line "$printer_cfg" lmnt-stream.cfg)" "$(save_config_offset "$printer_cfg")"
}

# printer.cfg may be a link to another folder: includes are relative to where Klipper opens it, which is not followed.
include_line() {
  if [[ ${1%/*} == "$config" ]]; then printf '[include %s]' "$2"; else printf '[include %s]' "$config/$2"; fi
}

# exclude_from_git CHECKOUT PATH: "git status" stays clean, so that Klipper's and Moonraker's updates do not refuse.
exclude_from_git() {
  local answer common
  answer=$(git -C "$1" rev-parse --show-toplevel --git-common-dir 2>/dev/null) || return 0
  # A folder above, such as a home folder in git, is not the checkout's.
  [[ ${answer%%$'\n'*} -ef $1 ]] || return 0
  common=${answer#*$'\n'}
  [[ $common == /* ]] || common=$1/$common
  make_folder "$common/info" 755
  add_line "$common/info/exclude" "${2#"$1"}"
}

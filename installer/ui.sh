# The ways to the page inside Mainsail and Fluidd: an entry in Mainsail's menu, and a webcam that shows the page in both.

install_ui() {
  [[ $page_at == nginx ]] || return 0
  add_menu_entry
  add_webcam
}

# Mainsail reads <config>/.theme/navi.json; Fluidd has no menu of the user's.
add_menu_entry() {
  local navi=$config/.theme/navi.json from
  grep -qsi mainsail -- "$sysroot"/etc/nginx/sites-enabled/* "$sysroot"/etc/nginx/conf.d/*.conf || [[ -d $HOME/mainsail ]] || return 0
  if [[ (-L $config/.theme && ! -e $config/.theme) || (-e $config/.theme && ! -w $config/.theme) ]]; then
    warn "$(short "$config/.theme") cannot be written: Mainsail's menu gets no entry. Make it a folder of yours, then run install.sh again."
    return 0
  fi
  # A theme is often a checkout, which Moonraker updates only when it is clean.
  if git -C "$config/.theme" ls-files --error-unmatch navi.json >/dev/null 2>&1; then
    step "$navi belongs to a theme in git: it stays as it is"
    return 0
  fi
  make_folder "$config/.theme" 755
  exclude_from_git "$config/.theme" "$navi"
  from=$navi
  [[ -e $navi ]] || from=/dev/null
  if ! "$node" "$source_folder/installer/navi.mjs" add "$from" >"$work/navi.json" 2>"$work/error"; then
    warn "$(short "$navi") cannot be read as a list in JSON ($(cat -- "$work/error")): Mainsail ignores it, and it stays as it is. Correct it, then run install.sh again for the entry in Mainsail's menu."
    return 0
  fi
  write_file "$navi" "$work/navi.json" json
}

# By Moonraker, which keeps its webcams in a database. A webcam of that name which is somebody's own stays.
add_webcam() {
  local key=$data/webcam
  if [[ $is_dry == yes ]]; then
    has_entry "$key" || say "new webcam \"LMNT\" in Moonraker: the page at /server/lmnt/?embed=1"
    return 0
  fi
  if call_moonraker server.webcams.get_item '{"name": "LMNT"}' >/dev/null 2>&1; then
    has_entry "$key" || step "Moonraker has a webcam named LMNT already: it stays as it is"
    return 0
  fi
  journal_put webcam "$key" '' '' LMNT
  journal_sync
  if call_moonraker server.webcams.post_item '{"name": "LMNT", "service": "iframe", "enabled": true, "icon": "mdiPrinter3d", "location": "printer",
      "stream_url": "/server/lmnt/?embed=1", "snapshot_url": "", "aspect_ratio": "4:5"}' >/dev/null 2>"$work/error"; then
    step "added the page to the webcams of Mainsail and Fluidd"
  else
    journal_drop "$key"
    step "the page is not among the webcams of Mainsail and Fluidd ($(head -n 1 "$work/error")). Run install.sh again when Moonraker runs"
  fi
}

remove_webcam() {
  call_moonraker server.webcams.delete_item '{"name": "LMNT"}' >/dev/null 2>"$work/error" && return 0
  grep -q 'not found' "$work/error" || warn "The webcam \"LMNT\" could not be removed ($(head -n 1 "$work/error")). Remove it in Mainsail or Fluidd: Settings, Webcams."
}

# The report at the end: what is installed, where, and what to do next.

page_address() {
  if [[ $page_at == nginx ]]; then
    printf '%s/server/lmnt/' "$(site_origin "$(find_sites | head -n 1)")"
  else
    printf 'https://%s:7183/' "$(uname -n)"
  fi
}

report_installation() {
  say ""
  if ((${#root_steps[@]} > 0)); then
    say "There is no sudo here. Have these commands run as root, in this order:"
    printf '    %s\n' "${root_steps[@]}"
    say ""
  fi
  if ((${#later_steps[@]} > 0)); then printf '! %s\n' "${later_steps[@]}"; fi
  say "LMNT service $(version_of "$program") is in $(short "$program"), its data in $(short "$state")."
  say "Its configuration is $(short "$edge_config"), which Mainsail and Fluidd show in their editor."
  say "Check it by: $(short "$program")/lmnt-edge doctor. Remove it by: $(short "$program")/install.sh --uninstall"
  say "Next: open $(page_address) and register the printer there."
}

report_removal() {
  say ""
  if ((${#later_steps[@]} > 0)); then printf '! %s\n' "${later_steps[@]}"; fi
  if ((${#unregister_later[@]} > 0)); then
    warn "The marketplace could not be told:"
    printf '    %s\n' "${unregister_later[@]}" >&2
    warn "Log in to the marketplace and remove the printer there, or nobody can register it again."
  fi
  say "The LMNT service is removed. Every file that it changed is as it was."
}

# Run by install.sh. Reads the options, then installs, updates, links again or removes.
# shellcheck shell=bash source-path=SCRIPTDIR/..
set -euo pipefail
shopt -s inherit_errexit

source_folder=$(readlink -f "${BASH_SOURCE[0]}")
source_folder=${source_folder%/installer/main.sh}
source "$source_folder/installer/say.sh"
source "$source_folder/installer/args.sh"
source "$source_folder/installer/host.sh"
source "$source_folder/installer/journal.sh"
source "$source_folder/installer/files.sh"
source "$source_folder/installer/lines.sh"
source "$source_folder/installer/includes.sh"
source "$source_folder/installer/instances.sh"
source "$source_folder/installer/moonraker-api.sh"
source "$source_folder/installer/program.sh"
source "$source_folder/installer/config.sh"
source "$source_folder/installer/klipper.sh"
source "$source_folder/installer/moonraker.sh"
source "$source_folder/installer/nginx.sh"
source "$source_folder/installer/ui.sh"
source "$source_folder/installer/systemd.sh"
source "$source_folder/installer/restart.sh"
source "$source_folder/installer/relink.sh"
source "$source_folder/installer/undo.sh"
source "$source_folder/installer/install.sh"
source "$source_folder/installer/update.sh"
source "$source_folder/installer/uninstall.sh"
source "$source_folder/installer/report.sh"

main() {
  read_args "$@"
  check_host
  work=$(mktemp -d)
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  [[ $action == relink ]] || lock_out_others
  read_journal
  "$action"_service
}

# Two installers at a time would each undo half of the other's work.
lock_out_others() {
  exec 9<"$HOME"
  flock --nonblock 9 || fail "Another run of install.sh is working. Wait for its end."
}

# A first installation that fails is taken back at once. Anything else stays for the next run, which the journal tells what was done.
finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  if ((status != 0)) && [[ ${is_first_installation:-no} == yes ]]; then
    warn "The installation did not get to its end. Its changes are taken back."
    # First the largest: on a full disk the other files need its room to be restored.
    if has_entry "$program"; then rm -rf -- "$program.new" "$program"; fi
    undo_and_reload || warn "Not everything could be taken back. Run install.sh --uninstall."
  fi
  rm -rf -- "$work"
  exit "$status"
}

main "$@"

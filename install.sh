#!/bin/sh
# Installs, updates and removes the LMNT service on the host of a Klipper printer: ./install.sh --help
# This file runs in any shell, so that a host without bash gets a clear answer. The rest is in installer/.
set -eu

folder=$(dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")

refuse() {
  echo "The LMNT service cannot be installed here: $1" >&2
  echo "Nothing was changed. It needs Debian (or Raspberry Pi OS, Armbian, MainsailOS) with systemd, bash, dpkg and Moonraker, on arm64, armhf or amd64." >&2
  exit 3
}

machine=$(uname -m)
case $machine in
  mips*) refuse "this host's processor is $machine, for which there is no Node 20." ;;
esac
command -v bash >/dev/null 2>&1 || refuse "bash is missing, as on the K1 and other printers with a firmware of their own."
[ -f "$folder/installer/main.sh" ] || refuse "$folder/installer is missing. Unpack the whole archive and run the install.sh in it."
exec bash "$folder/installer/main.sh" "$@"

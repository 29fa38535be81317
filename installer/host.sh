# What the host is, and whether the service can run on it. LMNT_SYSROOT is for tests: a folder that stands for / where we look
# into /etc and /run.

sysroot=${LMNT_SYSROOT:-}
HOME=${HOME:-}
HOME=${HOME%/}
program="$HOME/lmnt-edge"
# The home folder may be a symbolic link, which the path of this script is without.
[[ ! $source_folder -ef $program ]] || source_folder=$program
state="$HOME/.lmnt-edge"
service=lmnt-edge

refuse_host() {
  printf 'The LMNT service cannot be installed here: %s\nNothing was changed.\n' "$1" >&2
  exit 3
}

check_host() {
  ((EUID != 0)) || refuse_host "install.sh was started as root. Run it as the user that Klipper runs as, without sudo."
  [[ -d $HOME && -w $HOME ]] || refuse_host "the home folder ${HOME:-(HOME is not set)} cannot be written."
  [[ $HOME != *[$'\n\t']* ]] || refuse_host "the path of the home folder contains a tab or a line break."
  # systemd runs no program in such a folder.
  [[ $HOME != *[\"\'\\]* ]] || refuse_host "the path of the home folder, $HOME, contains a quotation mark or a backslash."
  [[ -d $sysroot/run/systemd/system ]] || refuse_host "this host does not run systemd, as the K1, the Sonic Pad and most containers."
  command -v dpkg >/dev/null || refuse_host "dpkg is missing: this host is no Debian."
  read_architecture
  local command missing=()
  for command in awk cmp cp diff flock grep mktemp readlink sed sha256sum sync; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  ((${#missing[@]} == 0)) || refuse_host "commands are missing: ${missing[*]}."
  find_node || true
}

# dpkg's, not the kernel's: a 64-bit kernel may run a 32-bit system.
read_architecture() {
  case $(dpkg --print-architecture) in
    amd64) architecture=x64 ;;
    arm64) architecture=arm64 ;;
    armhf) architecture=armv7l ;;
    *) refuse_host "this system is for $(dpkg --print-architecture). There are archives for arm64, armhf and amd64." ;;
  esac
}

# The Node that runs the installer's own small programs, by the same choice as the launcher's: the host's when it is new enough.
find_node() {
  local candidate version
  for candidate in "$(command -v node || true)" "$source_folder/runtime/node" "$program/runtime/node"; do
    [[ -n $candidate && -x $candidate ]] || continue
    version=$("$candidate" --version 2>/dev/null) || continue
    if [[ $version =~ ^v([0-9]+)\.([0-9]+) ]] && ((BASH_REMATCH[1] > 20 || (BASH_REMATCH[1] == 20 && BASH_REMATCH[2] >= 11))); then
      node=$candidate
      return 0
    fi
  done
  node=''
  return 1
}

# Whether commands can be run as root. The password is asked for once, on a terminal.
can_root() {
  if [[ -z ${root_answer:-} ]]; then
    root_answer=no
    if command -v sudo >/dev/null; then
      if sudo -n true 2>/dev/null; then root_answer=yes
      elif [[ -t 0 && $is_yes == no ]]; then
        say "The service and nginx are set up as root. sudo asks for your password."
        if sudo -v; then root_answer=yes; fi
      fi
    fi
  fi
  [[ $root_answer == yes ]]
}

# Runs a function whose commands on files are then root's (see files.sh).
as_root() {
  # shellcheck disable=SC2034 # read by the functions of files.sh
  local -a as=(sudo)
  "$@"
}

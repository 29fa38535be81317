# The command line. Sets: action, is_dry, is_yes, names, config_folder, moonraker_host, moonraker_port, marketplace, uses_nginx, from;
# and same_options, the arguments without --from, for the install.sh of another archive.

show_help() {
  cat <<'HELP'
usage: install.sh [--update | --uninstall] [options]

  (none)             install the LMNT service, or repair its installation
  --update           install this archive's version over an older one; waits for a print to end
  --uninstall        remove the service, and restore every file that it changed

  --dry-run          show each change as a diff, and change nothing
  --yes              ask no questions
  -n NAME            the printer to install for, when there are several: "1" for ~/printer_1_data. May be repeated
  -c DIR             the printer's configuration folder, when it is not ~/*_data/config
  -H HOST, -p PORT   Moonraker's address, when it is not the one in moonraker.conf
  --marketplace URL  the marketplace that the printers belong to
  --no-nginx         leave nginx alone: the page is on a port of its own
  --from WHERE       with --update: the release's archive (a .zip beside its SHA256SUMS), or the address of its folder
  --help             this text

Guide: docs/installation.md of the project
HELP
}

read_args() {
  action=install is_dry=no is_yes=no names=() config_folder='' moonraker_host='' moonraker_port=''
  marketplace='' uses_nginx=yes from='' same_options=()
  while (($# > 0)); do
    case $1 in
      --update) set_action update ;;
      --uninstall) set_action uninstall ;;
      --relink) set_action relink ;; # by the service, at each start
      --dry-run) is_dry=yes ;;
      --yes | -y) is_yes=yes ;;
      --no-nginx) uses_nginx=no ;;
      --help | -h) show_help && exit 0 ;;
      -n | -c | -H | -p | --marketplace | --from)
        (($# > 1)) || usage_error "$1 needs a value."
        set_option "$1" "$2"
        [[ $1 == --from ]] || same_options+=("$1" "$2")
        shift 2
        continue
        ;;
      *) usage_error "There is no option \"$1\"." ;;
    esac
    same_options+=("$1")
    shift
  done
  [[ -z $from || $action == update ]] || usage_error "--from goes with --update."
  [[ $action != uninstall || (${#names[@]} -eq 0 && -z $config_folder) ]] ||
    usage_error "--uninstall removes the service of all printers of this host: -n and -c do not go with it."
}

set_action() {
  [[ $action == install ]] || usage_error "--update and --uninstall exclude each other."
  action=$1
}

set_option() {
  case $1 in
    -n) names+=("$2") ;;
    -c)
      [[ -d $2 ]] || usage_error "-c: $2 is not a folder."
      config_folder=$(readlink -f "$2")
      ;;
    -H)
      [[ $2 =~ ^[A-Za-z0-9.:_-]+$ ]] || usage_error "-H: \"$2\" is not a host's name or address."
      moonraker_host=$2
      ;;
    -p)
      [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || usage_error "-p: \"$2\" is not a port."
      moonraker_port=$2
      ;;
    --marketplace)
      [[ $2 =~ ^https?://[A-Za-z0-9.:_/%-]+$ || $2 =~ ^https?://\[[0-9a-f:]+\][A-Za-z0-9.:_/%-]*$ ]] ||
        usage_error "--marketplace: \"$2\" is not an address such as https://marketplace.example."
      marketplace=${2%/}
      ;;
    --from) from=$2 ;;
  esac
}

usage_error() {
  printf 'Error: %s Try install.sh --help.\n' "$1" >&2
  exit 2
}

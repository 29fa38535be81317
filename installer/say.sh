# Messages to the person at the terminal. Progress and results go to stdout, what is wrong to stderr.

say() { printf '%s\n' "$*"; }
# With paths as people write them. A tilde in the replacement itself would be expanded.
tilde='~/'
step() { printf '  %s\n' "${*//"$HOME/"/$tilde}"; }
warn() { printf '! %s\n' "$*" >&2; }

# Ends the run. Each message names the thing, what is wrong with it and what to do.
fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

# A question that is answered by Enter or y. With --yes it is not asked; without a terminal there is nobody to answer.
confirm() {
  [[ $is_yes == yes ]] && return 0
  # The redirection itself fails where there is no terminal.
  { : </dev/tty; } 2>/dev/null || fail "There is no terminal to ask: $1 Add --yes to agree."
  local answer
  read -r -p "$1 [Y/n] " answer </dev/tty
  [[ $answer =~ ^([yY].*)?$ ]]
}

# A path as people write it.
short() {
  case $1 in
    "$HOME"/*) printf '~%s' "${1#"$HOME"}" ;;
    *) printf '%s' "$1" ;;
  esac
}

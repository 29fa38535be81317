# The include lines of printer.cfg and moonraker.conf: [include PATTERN], relative to the folder in which the file is opened. Klipper
# and Moonraker do not follow a symbolic link for that.

# The patterns that a file includes, as absolute paths, one a line.
include_patterns() {
  local folder pattern
  folder=${1%/*}
  LC_ALL=C tr -d '\r' <"$1" | LC_ALL=C sed -n 's/^\[include  *\([^]]*[^] ]\) *\].*/\1/p' | while IFS= read -r pattern; do
    case $pattern in
      /*) printf '%s\n' "$pattern" ;;
      *) printf '%s/%s\n' "$folder" "$pattern" ;;
    esac
  done
}

# The file and all that it includes, however deep, each once, one a line.
included_files() {
  local -A visited=()
  visit_includes "$1"
}

visit_includes() {
  local file=$1 pattern found real
  [[ -f $file ]] || return 0
  real=$(readlink -f -- "$file")
  [[ -z ${visited[$real]:-} ]] || return 0
  visited[$real]=yes
  printf '%s\n' "$file"
  while IFS= read -r pattern; do
    while IFS= read -r found; do visit_includes "$found"; done < <(compgen -G "$pattern")
  done < <(include_patterns "$file")
}

# includes_path FILE PATH: whether FILE includes PATH, which need not exist yet.
includes_path() {
  local file pattern folder
  while IFS= read -r file; do
    while IFS= read -r pattern; do
      # shellcheck disable=SC2053 # the right side is a pattern
      [[ ${2##*/} == ${pattern##*/} ]] || continue
      while IFS= read -r folder; do
        [[ $(readlink -f -- "$folder") == "$(readlink -f -- "$(dirname "$2")")" ]] && return 0
      done < <(compgen -G "${pattern%/*}")
    done < <(include_patterns "$file")
  done < <(included_files "$1")
  return 1
}

# has_section FILE REGEXP [EXCEPT]: whether FILE or what it includes has such a section; EXCEPT is a file that does not count.
has_section() {
  local file
  while IFS= read -r file; do
    [[ $file != "${3:-}" ]] || continue
    if LC_ALL=C grep -qE -- "^\[$2\]" "$file"; then return 0; fi
  done < <(included_files "$1")
  return 1
}

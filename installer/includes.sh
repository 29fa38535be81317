# The include lines of printer.cfg and moonraker.conf: [include PATTERN], relative to the folder in which the file is opened. Klipper
# and Moonraker do not follow a symbolic link for that.

# What was read last, and of which file. A change of any file makes it worthless.
includes_of=''
forget_includes() { includes_of=''; }

# Sets included to the file and all that it includes, however deep, each once, and include_patterns to what their include lines
# name, as absolute paths.
read_includes() {
  [[ $includes_of != "$1" ]] || return 0
  local LC_ALL=C file pattern
  local -a level=("$1") next found
  included=() include_patterns=()
  while
    add_included "${level[@]}"
    ((${#next[@]} > 0))
  do
    level=()
    while IFS= read -r -d '' file && IFS= read -r pattern; do
      [[ $pattern =~ ^\[include\ +([^]]*[^]\ ])\ *\] ]] || continue
      pattern=${BASH_REMATCH[1]}
      [[ $pattern == /* ]] || pattern=${file%/*}/$pattern
      include_patterns+=("$pattern")
      mapfile -t found < <(compgen -G "$pattern")
      level+=("${found[@]}")
    done < <(grep -aHZ '^\[include ' -- "${next[@]}")
  done
  includes_of=$1
}

# add_included FILE...: those that are new to included, which are next then.
add_included() {
  local file one
  next=()
  for file; do
    [[ -f $file ]] || continue
    for one in "${included[@]}"; do [[ ! $file -ef $one ]] || continue 2; done
    included+=("$file")
    next+=("$file")
  done
}

# includes_path FILE PATH: whether FILE includes PATH, which need not exist yet.
includes_path() {
  local pattern folder
  read_includes "$1"
  for pattern in "${include_patterns[@]}"; do
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ ${2##*/} == ${pattern##*/} ]] || continue
    while IFS= read -r folder; do
      if [[ $folder -ef ${2%/*} ]]; then return 0; fi
    done < <(compgen -G "${pattern%/*}")
  done
  return 1
}

# has_section FILE REGEXP [EXCEPT]: whether FILE or what it includes has such a section; EXCEPT is a file that does not count.
has_section() {
  local one
  local -a files=()
  read_includes "$1"
  for one in "${included[@]}"; do [[ $one == "${3:-}" ]] || files+=("$one"); done
  ((${#files[@]} > 0)) && LC_ALL=C grep -qE -- "^\[$2\]" "${files[@]}"
}

# remove_includes FILE PATH: takes the lines out that include PATH by its name, in FILE and all that it includes: the user may have
# moved, copied or commented ours, or put another file in the place of a link. What includes a file that is gone does not start.
remove_includes() {
  local file numbers
  [[ -f $1 ]] || return 0
  forget_includes
  read_includes "$1"
  for file in "${included[@]}"; do
    numbers=$(lines_that_include "$file" "$2")
    [[ -n $numbers ]] || continue
    LC_ALL=C sed "${numbers//$'\n'/d;}d" -- "$file" >"$work/content"
    replace_file "$(readlink -f -- "$file")" "$work/content" 644
  done
  forget_includes
}

# lines_that_include FILE PATH: the numbers of those lines of FILE, one a line.
lines_that_include() {
  local LC_ALL=C line pattern
  while IFS= read -r line; do
    [[ $line =~ ^[0-9]+:\[include\ +([^]]*[^]\ ])\ *\] ]] || continue
    pattern=${BASH_REMATCH[1]}
    [[ $pattern == /* ]] || pattern=${1%/*}/$pattern
    if [[ ${pattern##*/} == "${2##*/}" && ${pattern%/*} -ef ${2%/*} ]]; then printf '%s\n' "${line%%:*}"; fi
  done < <(grep -an '^\[include ' -- "$1")
}

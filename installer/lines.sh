# Adds a line to a text file of somebody else, and removes it, without changing any other byte.

save_config_header='^#\*# <-* SAVE_CONFIG -*>'

# Whether a file has this line, with or without a carriage return.
has_line() { [[ -f $1 ]] && LC_ALL=C grep -qxF -e "$2" -e "$2"$'\r' -- "$1"; }

# Sets end to "\r\n" when the first line of the file ends so, else to "\n".
read_line_end() {
  local LC_ALL=C first
  end=$'\n'
  if IFS= read -r first <"$1" && [[ $first == *$'\r' ]]; then end=$'\r\n'; fi
}

# Whether the last line of a file has its end. The x keeps it from being cut off.
ends_with_line() { [[ $(tail -c 1 -- "$1" && printf x) == $'\nx' ]]; }

# Where Klipper's SAVE_CONFIG block begins, in bytes; nothing when there is none.
save_config_offset() {
  local found
  found=$(LC_ALL=C grep -abom 1 -- "$save_config_header" "$1") || return 0
  printf '%s' "${found%%:*}"
}

# insert_line FILE LINE OFFSET: the file with the line at that byte, or at its end when OFFSET is empty, on stdout.
insert_line() {
  local file=$1 line=$2 offset=$3 end
  read_line_end "$file"
  if [[ -n $offset ]]; then
    head -c "$offset" -- "$file"
    printf '%s%s' "$line" "$end"
    tail -c "+$((offset + 1))" -- "$file"
    return 0
  fi
  cat -- "$file"
  if [[ -s $file ]] && ! ends_with_line "$file"; then printf '%s' "$end"; fi
  printf '%s%s' "$line" "$end"
}

# A text as a regular expression that matches it alone.
literal() { sed 's/[][\.*^$/]/\\&/g' <<<"$1"; }

# The file without the line, on stdout.
remove_line() {
  local pattern
  pattern=$(literal "$2")
  LC_ALL=C sed "/^$pattern\r\{0,1\}\$/d" -- "$1"
}

# add_line FILE LINE [OFFSET]: puts the line into the file, which is made when it is missing.
add_line() {
  local from=$1
  has_line "$1" "$2" && return 0
  [[ -e $from ]] || from=/dev/null
  insert_line "$from" "$2" "${3:-}" >"$work/content"
  write_file "$1" "$work/content" "$2"
}

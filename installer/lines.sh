# Adds a line to a text file of somebody else, and removes it, without changing any other byte.

save_config_header='^#\*# <-* SAVE_CONFIG -*>'

# Whether a file has this line, with or without a carriage return.
has_line() { [[ -f $1 ]] && LC_ALL=C tr -d '\r' <"$1" | LC_ALL=C grep -qxF -- "$2"; }

# last_bytes NUMBER [FILE]: the last bytes of FILE or of stdin, in hexadecimal.
last_bytes() { tail -c "$1" -- "${2:--}" | od -An -tx1 | tr -d ' '; }

# "\r\n" when the first line of the file ends so, else "\n".
line_end() {
  if [[ $(LC_ALL=C sed -n '1p;q' "$1" | last_bytes 2) == 0d0a ]]; then printf '\r\n'; else printf '\n'; fi
}

# Where Klipper's SAVE_CONFIG block begins, in bytes; nothing when there is none.
save_config_offset() { LC_ALL=C grep -abom 1 -- "$save_config_header" "$1" | head -n 1 | cut -d : -f 1; }

# insert_line FILE LINE OFFSET: the file with the line at that byte, or at its end when OFFSET is empty, on stdout.
insert_line() {
  local file=$1 line=$2 offset=$3 end
  end=$(line_end "$file"; printf x)
  end=${end%x}
  if [[ -n $offset ]]; then
    head -c "$offset" -- "$file"
    printf '%s%s' "$line" "$end"
    tail -c "+$((offset + 1))" -- "$file"
    return 0
  fi
  cat -- "$file"
  if [[ -s $file && $(last_bytes 1 "$file") != 0a ]]; then printf '%s' "$end"; fi
  printf '%s%s' "$line" "$end"
}

# The file without the line, on stdout.
remove_line() {
  local pattern
  pattern=$(printf '%s' "$2" | sed 's/[][\.*^$/]/\\&/g')
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

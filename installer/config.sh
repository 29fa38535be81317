# lmnt-edge.cfg: made out of the sample at the first installation. Later runs add a printer or change what the command line names,
# and leave every other byte as it is. While it is edited, its lines are in the array `lines`, with their ends.

# The configuration is one for the host, with the first printer's. Sets edge_config.
find_edge_config() {
  local ours=$config/lmnt-edge.cfg one
  edge_config=$ours
  while IFS= read -r one; do
    # The journal has the targets of links.
    if [[ ${one##*/} == lmnt-edge.cfg && ! $one -ef $ours ]]; then edge_config=$one; fi
  done < <(journal_paths new && journal_paths edit)
}

check_marketplace() {
  find_edge_config
  [[ -z $marketplace && ! -f $edge_config ]] || return 0
  grep -qE '^marketplace_url: *https://marketplace\.example$' "$source_folder/lmnt-edge.cfg" || return 0
  fail "Name the marketplace that the printer belongs to: --marketplace https://..."
}

install_config() {
  local affects=$service section
  local -a lines
  find_edge_config
  if [[ -s $edge_config ]]; then
    mapfile lines <"$edge_config"
    has_printer_section || add_printer_section
  else
    mapfile lines <"$source_folder/lmnt-edge.cfg"
    set_in_section edge data_path "$(short "$state")"
    set_in_section edge log_file "$(short "$data/logs/lmnt-edge.log")"
    fill_printer
  fi
  section=$(printer_section)
  [[ -z $marketplace ]] || set_in_section edge marketplace_url "$marketplace"
  if [[ -n $moonraker_host$moonraker_port ]]; then set_in_section "$section" moonraker_url "$moonraker_url"; fi
  if [[ -f $api_key_file ]]; then set_in_section "$section" moonraker_api_key_file "$(short "$api_key_file")"; fi
  printf '%s' "${lines[@]}" >"$work/edge.cfg"
  write_file "$edge_config" "$work/edge.cfg" ''
}

# line_of TEXT: the number of the line with this text. Its line end does not count.
line_of() {
  local number
  for number in "${!lines[@]}"; do
    if [[ ${lines[number]%%[$'\r\n']*} == "$1" ]]; then
      printf '%s' "$number"
      return 0
    fi
  done
  return 1
}

# The section of this printer: [printer] or [printer NAME].
printer_section() {
  if line_of "[printer $printer]" >/dev/null; then printf 'printer %s' "$printer"; else printf 'printer'; fi
}

# By the socket, which no two printers share.
has_printer_section() {
  grep -qxF -e "$stream_socket" -e "$data/comms/lmnt/stream.sock" <<<"$(configured_sockets)" ||
    line_of "[printer $printer]" >/dev/null
}

# The socket of each printer in the file, one a line. A section that sets none has the default.
configured_sockets() {
  printf '%s' "${lines[@]}" | LC_ALL=C awk '
    function end_section() { if (is_printer) print socket }
    { sub(/\r$/, ""); sub(/(^|[ \t])[#;].*/, ""); sub(/[ \t]+$/, "") }
    /^\[/ {
      end_section()
      is_printer = ($0 ~ /^\[ *printer( .*)?\]$/)
      socket = "~/printer_data/comms/lmnt/stream.sock"
    }
    is_printer && sub(/^stream_socket[ \t]*[:=][ \t]*/, "") { socket = $0 }
    END { end_section() }
  '
}

fill_printer() {
  local section=printer
  if [[ $printer != printer ]]; then
    section="printer $printer"
    lines[$(line_of '[printer]')]="[$section]"$'\n'
  fi
  set_in_section "$section" stream_socket "$stream_socket"
  set_in_section "$section" moonraker_url "$moonraker_url"
}

add_printer_section() {
  add_section "printer $printer" "moonraker_url: $moonraker_url"$'\n' "stream_socket: $stream_socket"$'\n'
}

# add_section SECTION LINE...: at the end of the file.
add_section() {
  [[ ${lines[-1]} == *$'\n' ]] || lines[-1]+=$'\n'
  lines+=($'\n' "[$1]"$'\n' "${@:2}")
}

# set_in_section SECTION OPTION VALUE: the option's line, also a commented one, gets the value; else it is added below the header,
# with a header where there is none. A line that is set comes before a comment.
set_in_section() {
  local LC_ALL=C section="[$1]" option=$2 line="$2: $3"$'\n' number text is_here=no header='' set='' commented=''
  for number in "${!lines[@]}"; do
    text=${lines[number]%%[$'\r\n']*}
    if [[ $text == '['* || $text == '#['* ]]; then
      is_here=no
      if [[ $text == "$section" ]]; then is_here=yes header=$number; fi
    elif [[ $is_here == yes && $text =~ ^(#?)$option[$' \t']*[:=] ]]; then
      if [[ -z ${BASH_REMATCH[1]} ]]; then set=$number; else commented=${commented:-$number}; fi
    fi
  done
  set=${set:-$commented}
  if [[ -n $set ]]; then
    lines[set]=$line
  elif [[ -n $header ]]; then
    lines=("${lines[@]:0:header+1}" "$line" "${lines[@]:header+1}")
  else
    add_section "$1" "$line"
  fi
}

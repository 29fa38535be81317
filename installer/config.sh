# lmnt-edge.cfg: made out of the sample at the first installation. Later runs add a printer or change what the command line names,
# and leave every other line as it is.

# The configuration is one for the host, with the first printer's. Sets edge_config.
find_edge_config() {
  local ours=$config/lmnt-edge.cfg
  edge_config=$({ journal_paths new && journal_paths edit; } | sed -n '/\/lmnt-edge\.cfg$/p' | tail -n 1)
  # The journal has the targets of links.
  if [[ -z $edge_config || $edge_config == "$(readlink -f -- "$ours")" ]]; then edge_config=$ours; fi
}

check_marketplace() {
  find_edge_config
  [[ -z $marketplace && ! -f $edge_config ]] || return 0
  grep -qE '^marketplace_url: *https://marketplace\.example$' "$source_folder/lmnt-edge.cfg" || return 0
  fail "Name the marketplace that the printer belongs to: --marketplace https://..."
}

install_config() {
  local affects=$service
  find_edge_config
  local base=$source_folder/lmnt-edge.cfg
  [[ ! -f $edge_config ]] || base=$edge_config
  cp -- "$base" "$work/edge.cfg"
  if [[ ! -f $edge_config ]]; then
    set_in_section edge data_path "$(short "$state")"
    if grep -q '^#\{0,1\}log_file:' "$work/edge.cfg"; then set_in_section edge log_file "$(short "$data/logs/lmnt-edge.log")"; fi
    fill_printer printer
  elif ! has_printer_section; then
    add_printer_section
  fi
  [[ -z $marketplace ]] || set_in_section edge marketplace_url "$marketplace"
  if [[ -n $moonraker_host$moonraker_port ]]; then set_in_section "$(printer_section)" moonraker_url "$moonraker_url"; fi
  if [[ -f $(api_key_file) ]]; then set_in_section "$(printer_section)" moonraker_api_key_file "$(short "$(api_key_file)")"; fi
  write_file "$edge_config" "$work/edge.cfg" ''
}

stream_socket() { short "$data/comms/lmnt/stream.sock"; }

# The section of this printer: [printer] or [printer NAME].
printer_section() {
  if grep -qE "^\[printer $printer\]" "$work/edge.cfg"; then printf 'printer %s' "$printer"; else printf 'printer'; fi
}

# By the socket, which no two printers share.
has_printer_section() {
  grep -qxF -e "$(stream_socket)" -e "$data/comms/lmnt/stream.sock" <<<"$(configured_sockets)" ||
    grep -qE "^\[printer $printer\]" "$work/edge.cfg"
}

# The socket of each printer in the file, one a line. A section that sets none has the default.
configured_sockets() {
  LC_ALL=C tr -d '\r' <"$work/edge.cfg" | LC_ALL=C awk '
    function end_section() { if (is_printer) print socket }
    { sub(/(^|[ \t])[#;].*/, ""); sub(/[ \t]+$/, "") }
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
  [[ $printer == printer ]] || sed -i "s/^\[printer\]$/[printer $printer]/" "$work/edge.cfg"
  set_in_section "$(printer_section)" stream_socket "$(stream_socket)"
  set_in_section "$(printer_section)" moonraker_url "$moonraker_url"
}

add_printer_section() {
  { [[ $(last_bytes 1 "$work/edge.cfg") == 0a ]] || echo
    printf '\n[printer %s]\nmoonraker_url: %s\nstream_socket: %s\n' "$printer" "$moonraker_url" "$(stream_socket)"; } >>"$work/edge.cfg"
}

# set_in_section SECTION OPTION VALUE: the option's line, also a commented one, gets the value; else it is added below the header.
set_in_section() {
  LC_ALL=C section="[$1]" option=$2 value=$3 awk '
    BEGIN { section = ENVIRON["section"]; option = ENVIRON["option"]; line = option ": " ENVIRON["value"] }
    # First pass: the line to replace. A line that is set comes before a comment.
    NR == FNR {
      text = $0; sub(/\r$/, "", text)
      if (text ~ /^#?\[/) here = (text == section)
      if (here && text == section) header = FNR
      if (here && text ~ "^" option "[ \t]*[:=]") set = FNR
      if (here && !commented && text ~ "^#" option "[ \t]*[:=]") commented = FNR
      next
    }
    FNR == (set ? set : commented) && (set || commented) { print line; next }
    { print }
    FNR == header && !set && !commented { print line }
  ' "$work/edge.cfg" "$work/edge.cfg" >"$work/edge.cfg.new"
  mv -- "$work/edge.cfg.new" "$work/edge.cfg"
}

# A line goes into a file and out of it again without touching any other byte, whatever the file has in it.
# shellcheck disable=SC2154 # of host.bash

setup() {
  work=$(mktemp -d)
  # shellcheck source=/dev/null
  source installer/lines.sh
}
teardown() { rm -rf "$work"; }

# there_and_back [OFFSET]: of the file $work/file.
there_and_back() {
  insert_line "$work/file" '[include lmnt.cfg]' "${1:-}" >"$work/with"
  grep -cF '[include lmnt.cfg]' "$work/with" | grep -qx 1
  remove_line "$work/with" '[include lmnt.cfg]' >"$work/without"
  cmp "$work/without" "$work/file"
}

@test "at the end of a file with a last line end, at every offset of a line, with LF and CRLF" {
  local end offset
  for end in '\n' '\r\n'; do
    # shellcheck disable=SC2059
    printf "a${end}${end}[b]${end}c: d${end}" >"$work/file"
    there_and_back
    while read -r offset; do there_and_back "$offset"; done < <(LC_ALL=C grep -abo '^' "$work/file" | cut -d : -f 1)
  done
}

@test "an empty file, bytes that are no UTF-8, a NUL, a byte order mark" {
  : >"$work/file"
  there_and_back
  printf '\xff\xfe\x00\x80\n\xef\xbb\xbf# \xc3\xb6\n' >"$work/file"
  there_and_back
}

@test "a file without a last line end gets one before our line, and keeps it: only the copy is without" {
  printf 'a\nb' >"$work/file"
  insert_line "$work/file" ours '' >"$work/with"
  [ "$(cat "$work/with")" = $'a\nb\nours' ]
  printf 'a\r\nb' >"$work/file"
  insert_line "$work/file" ours '' >"$work/with"
  cmp "$work/with" <(printf 'a\r\nb\r\nours\r\n')
}

@test "the SAVE_CONFIG block is found at its header only" {
  printf '# SAVE_CONFIG is below\n[a]\n#*# <---------------------- SAVE_CONFIG ---------------------->\n#*# x\n' >"$work/file"
  [ "$(save_config_offset "$work/file")" = 27 ]
  printf 'nothing\n' >"$work/file"
  [ -z "$(save_config_offset "$work/file")" ]
}

@test "a line with characters of a pattern is removed as it is written" {
  printf 'a\n/klippy/extras/x.*\n/klippy/extras/xyz\n[include a.cfg]\ni\n' >"$work/file"
  remove_line "$work/file" '/klippy/extras/x.*' >"$work/without"
  cmp "$work/without" <(printf 'a\n/klippy/extras/xyz\n[include a.cfg]\ni\n')
}

@test "a line counts only whole" {
  printf 'lmnt-edge-other\nxlmnt-edge\n# lmnt-edge\n' >"$work/file"
  run has_line "$work/file" lmnt-edge
  [ "$status" -ne 0 ]
  printf 'lmnt-edge\r\n' >"$work/file"
  has_line "$work/file" lmnt-edge
}

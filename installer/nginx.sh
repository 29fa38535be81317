# The page under the address of Mainsail and Fluidd: one include line in each of their server blocks, checked by nginx itself.

nginx_snippet=$sysroot/etc/nginx/lmnt-edge.conf
nginx_line="    include $nginx_snippet;"
# The line as an editor or another tool may have written it, for sed and grep.
nginx_line_pattern="^[[:space:]]*include[[:space:]]+$nginx_snippet[[:space:]]*;"

# The files of sites that pass /server to Moonraker, as the templates of KIAUH and MainsailOS do, without links, each once.
find_sites() {
  local file
  for file in "$sysroot"/etc/nginx/sites-enabled/* "$sysroot"/etc/nginx/conf.d/*.conf; do
    [[ -f $file ]] || continue
    readlink -f -- "$file"
  done | awk '!seen[$0]++' | while IFS= read -r file; do
    if [[ -n $(server_blocks "$file") ]]; then printf '%s\n' "$file"; fi
  done
}

# The start of a site's address, such as https://voron or http://voron:81: of the first listen in its block of Moonraker.
site_origin() {
  LC_ALL=C awk -v host="$(uname -n)" -v first="$(server_blocks "$1" | head -n 1)" '
    { sub(/(^|[ \t])#.*/, "") }
    FNR >= first && /^[ \t]*listen[ \t]/ && !/unix:/ {
      gsub(/;/, " "); port = $2; sub(/.*:/, "", port)
      if (port !~ /^[0-9]+$/) port = 80
      is_tls = port == 443 || / ssl( |$)/
      exit
    }
    END {
      scheme = is_tls ? "https" : "http"
      printf "%s://%s%s", scheme, host, port == "" || port == (is_tls ? 443 : 80) ? "" : ":" port
    }
  ' "$1"
}

# server_blocks FILE: the number of the line that opens each server block in which a location of Moonraker is.
server_blocks() {
  LC_ALL=C awk '
    { text = $0; sub(/(^|[ \t])#.*/, "", text) }
    text ~ /^[ \t]*server([ \t]*\{|[ \t]*$)/ && depth == 0 { pending = 1; is_ours = 0 }
    {
      opens = gsub(/\{/, "{", text); closes = gsub(/\}/, "}", text)
      if (pending && opens) { start = FNR; pending = 0; is_here = (opens > closes) }
      depth += opens - closes
      if (start && (text ~ /proxy_pass.*apiserver/ || text ~ /location.*[(|\/]server[)|\/]/)) is_ours = 1
      if (start && depth <= 0) { if (is_ours && is_here) print start; start = 0; depth = 0 }
    }
  ' "$1"
}

# The site with our line after the opening of each of those blocks, on stdout.
site_with_line() {
  local numbers end
  numbers=$(server_blocks "$1")
  read_line_end "$1"
  LC_ALL=C numbers=" ${numbers//$'\n'/ } " line="$nginx_line${end%$'\n'}" awk '{ print } index(ENVIRON["numbers"], " " FNR " ") { print ENVIRON["line"] }' "$1"
}

# Sets page_at to "nginx", or to "port" when nginx does not serve the page.
install_nginx() {
  page_at=port
  [[ $uses_nginx == yes && -d $sysroot/etc/nginx ]] || return 0
  local -a sites changed=()
  local site
  mapfile -t sites < <(find_sites)
  if ((${#sites[@]} == 0)); then
    step "nginx has no site of Mainsail or Fluidd: the page is on a port of its own"
    return 0
  fi
  for site in "${sites[@]}"; do
    has_line "$site" "$nginx_line" || changed+=("$site")
  done
  nginx_location >"$work/location"
  if ((${#changed[@]} == 0)) && cmp -s -- "$work/location" "$nginx_snippet" && ! has_entry nginx; then
    page_at=nginx
  elif [[ $is_dry == yes ]]; then
    change_sites "${changed[@]}"
    page_at=nginx
  elif ! can_root; then
    stage_nginx "${changed[@]}"
  elif ! has_entry nginx && ! sudo nginx -t >"$work/nginx" 2>&1; then
    warn "nginx refuses its configuration as it is, before any change of ours: $(tail -n 3 "$work/nginx" | tr '\n' ' ')Run sudo nginx -t, correct it, then run install.sh again. Until then the page is on a port of its own."
  else
    change_sites "${changed[@]}"
    take_up_sites "${sites[@]}"
  fi
}

change_sites() {
  # Until nginx runs with the change.
  [[ $is_dry == yes ]] || journal_put restart nginx '' '' ''
  as_root write_file "$nginx_snippet" "$work/location" '' 644
  local site
  for site in "$@"; do
    site_with_line "$site" >"$work/site"
    as_root write_file "$site" "$work/site" "$nginx_line"
  done
}

take_up_sites() {
  local site
  if sudo nginx -t >"$work/nginx" 2>&1; then
    reload_nginx
    page_at=nginx
  else
    warn "nginx refuses our lines: $(tail -n 3 "$work/nginx" | tr '\n' ' ')They are taken out again; the page is on a port of its own."
    for site in "$@" "$nginx_snippet"; do undo_path "$site"; done
  fi
  journal_drop nginx
}

# The files of nginx with our line, without links: also where somebody has moved or copied it. nginx refuses to start without the file.
files_with_our_line() {
  local file
  grep -lsE -- "$nginx_line_pattern" "$sysroot"/etc/nginx/nginx.conf "$sysroot"/etc/nginx/{conf.d,sites-available,sites-enabled}/* |
    while IFS= read -r file; do readlink -f -- "$file"; done | awk '!seen[$0]++'
}

# Takes our line out of each of them.
clean_sites() {
  local file
  while IFS= read -r file; do
    LC_ALL=C sed -E "\\|$nginx_line_pattern|d" -- "$file" >"$work/content"
    replace_file "$file" "$work/content" 644
  done < <(files_with_our_line)
}

reload_nginx() { sudo systemctl reload nginx || warn "nginx was not reloaded. Run: sudo systemctl reload nginx"; }

# Without root: what an administrator has to run. The journal has it, so that --uninstall asks for its way back.
stage_nginx() {
  local site
  mkdir -p -m 700 -- "$journal_folder/root"
  cp -- "$work/location" "$journal_folder/root/nginx.conf"
  root_steps+=("install -m 644 $(printf %q "$journal_folder/root/nginx.conf") $nginx_snippet")
  for site in "$@"; do
    site_with_line "$site" >"$journal_folder/root/$(basename "$site").nginx"
    root_steps+=("cp $(printf %q "$journal_folder/root/$(basename "$site").nginx") $(printf %q "$site")")
    as_root remember_file "$site" "$journal_folder/root/$(basename "$site").nginx" "$nginx_line"
  done
  as_root journal_put new "$nginx_snippet" '' '' ''
  root_steps+=("nginx -t && systemctl reload nginx")
}

nginx_location() {
  cat <<'CONF'
# Made by the LMNT service's install.sh, which removes it again. The page of the service, included in the sites of Mainsail and Fluidd.
location = /server/lmnt {
    absolute_redirect off;
    return 301 /server/lmnt/;
}
location ^~ /server/lmnt/ {
    proxy_pass http://127.0.0.1:7180/;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Connection "";
    # A stream of events, which may be quiet for a while.
    proxy_buffering off;
    proxy_read_timeout 1h;
    client_max_body_size 3m;
}
CONF
}

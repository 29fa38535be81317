# The page in nginx: real nginx reads, runs and refuses what install.sh writes. A small server stands for the service.
# shellcheck disable=SC2016,SC2034,SC2154 # variables of host.bash, and text for other shells
load ../make/installer/host
load ../make/installer/nginx

@test "the page is at /server/lmnt/ of the running nginx, and the site has one line more" {
  as_user "$bin/nginx"
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  [ -L "$root/etc/nginx/sites-enabled/mainsail" ]
  grep -qxF "    include $root/etc/nginx/lmnt-edge.conf;" "$root/etc/nginx/sites-available/mainsail"
  grep -qxF 'systemctl reload nginx' "$host/commands"
  [[ $output == *":$site_port/server/lmnt/ and register the printer there."* ]]
  # The service is not running: 502 is our location, 404 or 405 would be another's.
  local tries=0 answer=''
  until [ "$answer" = 502 ] || [ $((tries++)) -gt 100 ]; do
    answer=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$site_port/server/lmnt/api/session")
    sleep 0.1
  done
  [ "$answer" = 502 ]
  curl -s -o /dev/null -w '%{http_code} %{redirect_url}' "http://127.0.0.1:$site_port/server/lmnt" | grep -qx "301 http://127.0.0.1:$site_port/server/lmnt/"
  curl -s "http://127.0.0.1:$site_port/" | grep -q Mainsail
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "Mainsail and Fluidd: both sites get the line, once each; other sites do not" {
  make_site fluidd "$(free_port)"
  printf 'server {\n    listen 127.0.0.1:%s;\n    location / { return 204; }\n}\n' "$(free_port)" >"$root/etc/nginx/sites-enabled/blog"
  give_to_user
  manifest >"$host/before"
  install_it && run_script --yes
  [ "$(cat "$root"/etc/nginx/sites-enabled/* | grep -c lmnt-edge.conf)" -eq 2 ]
  not grep -q lmnt "$root/etc/nginx/sites-enabled/blog"
  as_user "$bin/nginx" -t
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "two server blocks of one file, braces on lines of their own, comments with braces" {
  cat >"$root/etc/nginx/sites-available/mainsail" <<CONF
# server { in a comment
server
{
    listen 127.0.0.1:$site_port; # {
    location /websocket { proxy_pass http://apiserver/websocket; }
}
server {
    listen 127.0.0.1:$(free_port);
    return 301 http://127.0.0.1:$site_port\$request_uri;
}
server {
    listen 127.0.0.1:$(free_port);
    location ~ ^/(printer|server)/ { proxy_pass http://apiserver\$request_uri; }
}
CONF
  give_to_user
  manifest >"$host/before"
  install_it
  as_user "$bin/nginx" -t
  [ "$(grep -n lmnt-edge.conf "$root/etc/nginx/sites-available/mainsail" | cut -d : -f 1 | tr '\n' ' ')" = '4 13 ' ]
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "a site with TLS, behind a block that redirects there: the address in the report is the one with TLS" {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=printer -days 2 \
    -keyout "$root/etc/nginx/key.pem" -out "$root/etc/nginx/certificate.pem" 2>"$host/openssl"
  cat >"$root/etc/nginx/sites-available/mainsail" <<CONF
server {
    listen 127.0.0.1:$(free_port);
    return 301 https://\$host\$request_uri;
}
server {
    # listen 127.0.0.1:80;
    listen unix:$host/nginx/site.sock;
    listen 127.0.0.1:$site_port ssl;
    ssl_certificate $root/etc/nginx/certificate.pem;
    ssl_certificate_key $root/etc/nginx/key.pem;
    location /websocket { proxy_pass http://apiserver/websocket; }
}
CONF
  give_to_user
  run install_it
  [ "$status" -eq 0 ]
  [[ $output == *"Next: open https://"*":$site_port/server/lmnt/ and register the printer there."* ]]
}

@test "our line goes from wherever it is now: a site that was renamed, a copy of it, another indentation" {
  install_it
  local sites=$root/etc/nginx/sites-available
  cp "$sites/mainsail" "$sites/old" && mv "$sites/mainsail" "$sites/printer"
  rm "$root/etc/nginx/sites-enabled/mainsail" && ln -s ../sites-available/printer "$root/etc/nginx/sites-enabled/printer"
  sed -i 's|^ *include .*lmnt-edge.conf;|\tinclude  &|; s|include  *include|include|' "$sites/printer"
  give_to_user
  run_script --yes --uninstall
  not grep -rq lmnt-edge "$root/etc/nginx"
  as_user "$bin/nginx" -t
}

@test "a site that passes to Moonraker by an address of its own" {
  sed -i 's|http://apiserver|http://127.0.0.1:7125|; /websocket/d' "$root/etc/nginx/sites-available/mainsail"
  install_it
  grep -q lmnt-edge.conf "$root/etc/nginx/sites-available/mainsail"
}

@test "lines that nginx refuses are taken out again, and the rest is installed" {
  # Somebody has a location of that name already: nginx calls ours a duplicate.
  sed -i 's|location / {|location ^~ /server/lmnt/ { return 204; }\n    location / {|' "$root/etc/nginx/sites-available/mainsail"
  give_to_user
  cp "$root/etc/nginx/sites-available/mainsail" "$host/site"
  run install_it
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"nginx refuses our lines"*duplicate* ]]
  [[ $output == *":7183/ and register"* ]]
  cmp "$host/site" "$root/etc/nginx/sites-available/mainsail"
  [ ! -e "$root/etc/nginx/lmnt-edge.conf" ]
  grep -qF lmnt "$home/printer_data/config/printer.cfg"
}

@test "a configuration that nginx refuses already is not touched" {
  echo 'nonsense;' >"$root/etc/nginx/conf.d/broken.conf"
  give_to_user
  cp "$root/etc/nginx/sites-available/mainsail" "$host/site"
  run install_it
  [ "$status" -eq 0 ]
  [[ $output == *"before any change of ours"*nonsense* ]]
  cmp "$host/site" "$root/etc/nginx/sites-available/mainsail"
}

@test "an installation that fails after nginx was reloaded: nginx is reloaded without our lines" {
  sed -i 's/^  enable\*) .*/  enable*) exit 1 ;;/' "$bin/systemctl"
  manifest >"$host/before"
  run install_it
  echo "$output"
  [ "$status" -eq 1 ]
  same_as "$host/before"
  [ "$(grep -cxF 'systemctl reload nginx' "$host/commands")" -eq 2 ]
  [ "$(grep -E '^systemctl' "$host/commands" | tail -n 1)" = 'systemctl daemon-reload' ]
}

@test "--no-nginx leaves nginx alone" {
  cp "$root/etc/nginx/sites-available/mainsail" "$host/site"
  install_it --no-nginx
  cmp "$host/site" "$root/etc/nginx/sites-available/mainsail"
}

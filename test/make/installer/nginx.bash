# Each test of a file that loads this, after host.bash, has a host whose nginx shows Mainsail: real nginx, its configuration in the tree.
# shellcheck shell=bash disable=SC2016,SC2154 # variables of host.bash, and text for other shells

setup() {
  command -v nginx >/dev/null || skip "nginx is not installed (Debian: nginx)"
  make_host && make_programs && make_printer
  mkdir -p "$root"/etc/nginx/{sites-available,sites-enabled,conf.d} "$home/mainsail" "$host/nginx"
  echo '<title>Mainsail</title>' >"$home/mainsail/index.html"
  site_port=$(free_port)
  cat >"$root/etc/nginx/nginx.conf" <<CONF
error_log $host/nginx/error.log;
pid $host/nginx/pid;
events {}
http {
  access_log off;
  client_body_temp_path $host/nginx; proxy_temp_path $host/nginx; fastcgi_temp_path $host/nginx;
  uwsgi_temp_path $host/nginx; scgi_temp_path $host/nginx;
  include $root/etc/nginx/conf.d/*.conf;
  include $root/etc/nginx/sites-enabled/*;
}
CONF
  make_site mainsail "$site_port"
  command_that nginx "exec /usr/sbin/nginx -p \"\$host/nginx\" -c $(printf %q "$root/etc/nginx/nginx.conf") \"\$@\""
  printf '%s\n' 'if [ "$*" = "reload nginx" ] && [ -s "$host/nginx/pid" ]; then kill -HUP "$(cat "$host/nginx/pid")"; fi' >"$host/reload"
  sed -i "/^for unit/e cat $(printf %q "$host/reload")" "$bin/systemctl"
  give_to_user
  manifest >"$host/before"
}

teardown() {
  [[ ! -s $host/nginx/pid ]] || kill "$(cat "$host/nginx/pid")"
  remove_host
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A site as KIAUH writes it.
make_site() {
  cat >"$root/etc/nginx/sites-available/$1" <<CONF
# $1
server {
    listen 127.0.0.1:$2;
    root $home/$1;
    location / {
        try_files \$uri \$uri/ /index.html;
    }
    location = /index.html { add_header Cache-Control "no-store"; }
    location /websocket { proxy_pass http://apiserver/websocket; }
    location ~ ^/(printer|api|access|machine|server)/ {
        proxy_pass http://apiserver\$request_uri;
    }
}
CONF
  ln -s "../sites-available/$1" "$root/etc/nginx/sites-enabled/$1"
  printf 'upstream apiserver { ip_hash; server 127.0.0.1:1; }\n' >"$root/etc/nginx/conf.d/upstreams.conf"
}

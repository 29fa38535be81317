# The entry in Mainsail's menu, in a file that may be the user's own or a theme's.
# shellcheck disable=SC2154 # of host.bash
load ../make/installer/host
load ../make/installer/nginx

@test "an entry in Mainsail's menu, beside those that are there" {
  mkdir "$home/printer_data/config/.theme"
  printf '[\n    {"title": "Größe", "href": "/x", "position": 1}\n]' >"$home/printer_data/config/.theme/navi.json"
  give_to_user
  manifest >"$host/before"
  install_it
  local titles='JSON.parse(require("fs").readFileSync(0)).map(entry => entry.title + entry.position).join()'
  [ "$(node -p "$titles" <"$home/printer_data/config/.theme/navi.json")" = Größe1,LMNT85 ]
  manifest >"$host/installed"
  run_script --yes
  same_as "$host/installed"
  run_script --yes --uninstall
  same_as "$host/before"
}

@test "a menu that was changed since loses our entry only" {
  install_it
  local navi=$home/printer_data/config/.theme/navi.json
  node -e 'const fs = require("fs"), f = process.argv[1], l = JSON.parse(fs.readFileSync(f)); l.unshift({title: "New", href: "/n"}); fs.writeFileSync(f, JSON.stringify(l))' "$navi"
  run_script --yes --uninstall
  # The file was ours: with the user's entry in it, it stays.
  [ "$(node -p 'JSON.parse(require("fs").readFileSync(0)).map(e => e.title).join()' <"$navi")" = New ]
}

@test "a theme that is a checkout stays clean, and its own menu as it is" {
  local theme=$home/printer_data/config/.theme
  mkdir -p "$theme" && echo 'body {}' >"$theme/custom.css"
  git -C "$theme" init -q && git -C "$theme" add -A && git -C "$theme" -c user.name=t -c user.email=t@example.invalid commit -qm start
  give_to_user
  manifest >"$host/before"
  install_it
  grep -q LMNT "$theme/navi.json"
  is_git_clean "$theme"
  run_script --yes --uninstall
  same_as "$host/before"
  echo '[]' >"$theme/navi.json"
  git -c safe.directory='*' -C "$theme" add -A && git -c safe.directory='*' -C "$theme" -c user.name=t -c user.email=t@example.invalid commit -qm menu
  give_to_user
  run install_it
  [ "$status" -eq 0 ] && [[ $output == *"belongs to a theme in git"* ]]
  is_git_clean "$theme"
}

@test "a folder for themes that cannot be written costs the menu's entry only" {
  local theme=$home/printer_data/config/.theme kind
  for kind in 'mkdir -m 555' 'ln -s /nowhere/theme'; do
    $kind "$theme" && give_to_user
    run install_it
    echo "$output"
    [ "$status" -eq 0 ] && [[ $output == *".theme cannot be written"* ]]
    run_script --yes --uninstall
    [[ -e $theme || -L $theme ]]
    rm -r "$theme"
  done
  same_as "$host/before"
}

@test "a menu that is no JSON is left alone, with a word about it" {
  mkdir "$home/printer_data/config/.theme"
  echo '[{"title": }]' >"$home/printer_data/config/.theme/navi.json"
  give_to_user
  run install_it
  [ "$status" -eq 0 ] && [[ $output == *"cannot be read as a list in JSON"* ]]
  [ "$(cat "$home/printer_data/config/.theme/navi.json")" = '[{"title": }]' ]
}

# The printers of this host. Each has a data folder, as KIAUH and MainsailOS make them; a systemd unit alone, of any name, is no printer.

# What the unit of each program has in it.
runs_klipper='klipper\.env|klippy/klippy\.py|-m klippy( |$)'
runs_moonraker='moonraker\.env|moonraker/moonraker\.py|-m moonraker( |$)'

# Every data folder in the home folder that has a moonraker.conf, one a line.
find_data_folders() {
  local data
  for data in "$HOME"/printer_data "$HOME"/printer_*_data "$HOME"/*_data; do
    [[ -f $data/config/moonraker.conf ]] && printf '%s\n' "$data"
  done | awk '!seen[$0]++'
}

# "printer" for ~/printer_data, "1" for ~/printer_1_data, "ender" for ~/ender_data: its name in lmnt-edge.cfg.
printer_name() {
  local name
  name=${1##*/}
  name=${name%_data}
  [[ $name == printer ]] || name=${name#printer_}
  printf '%s' "$name"
}

# Sets data_folders to the printers that this run is for.
choose_printers() {
  local all data name
  mapfile -t all < <(find_data_folders)
  if [[ -n $config_folder ]]; then
    [[ -f $config_folder/moonraker.conf ]] || fail "$config_folder has no moonraker.conf. Name the folder of Moonraker's configuration by -c."
    data_folders=("$(dirname "$config_folder")")
    return 0
  fi
  ((${#all[@]} > 0)) || fail "No printer found: no ~/*_data folder has config/moonraker.conf. Install Moonraker first, or name its configuration folder by -c DIR."
  if ((${#names[@]} == 0)); then
    ((${#all[@]} == 1)) || fail "This host has several printers: $(for data in "${all[@]}"; do printf '%s ' "$(printer_name "$data")"; done)- name one by -n NAME, or several by -n NAME -n NAME."
    data_folders=("${all[0]}")
    return 0
  fi
  data_folders=()
  for name in "${names[@]}"; do
    for data in "${all[@]}"; do
      if [[ $name == "$(printer_name "$data")" || ${name}_data == "$(basename "$data")" ]]; then
        data_folders+=("$data")
        continue 2
      fi
    done
    fail "There is no printer \"$name\". There are: $(for data in "${all[@]}"; do printf '%s ' "$(printer_name "$data")"; done)"
  done
}

# Sets what is known about the printer of a data folder: data, config, printer, moonraker_conf, printer_cfg, klipper, moonraker,
# klipper_unit, moonraker_unit, moonraker_url, api_key_file, stream_socket.
read_printer() {
  [[ ${data:-} != "$1" ]] || return 0
  data=$1
  config=${entries[$data]:-}
  config=${config##*$'\t'}
  config=${config:-$data/config}
  [[ -z $config_folder || $(dirname "$config_folder") != "$data" ]] || config=$config_folder
  printer=$(printer_name "$data")
  [[ $printer =~ ^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$ ]] ||
    fail "The folder $data gives no name for its printer: up to 32 letters, digits, - and _ before \"_data\". Rename it."
  moonraker_conf=$config/moonraker.conf
  klipper_unit=$(find_unit klipper "$runs_klipper")
  moonraker_unit=$(find_unit moonraker "$runs_moonraker")
  local settings
  settings=$(environment_text klipper)
  printer_cfg=$(sed -n 's|.*klippy\.py"\{0,1\} *"\{0,1\}\(/[^ "]*\.cfg\).*|\1|p' <<<"$settings")
  printer_cfg=${printer_cfg%%$'\n'*}
  [[ -f $printer_cfg ]] || printer_cfg=$config/printer.cfg
  klipper=$(program_folder klipper klippy)
  settings=$(environment_text moonraker)
  moonraker=$(program_folder moonraker moonraker)
  moonraker_url=$(moonraker_address)
  api_key_file=$state/moonraker-$printer.key
  stream_socket=$(short "$data/comms/lmnt/stream.sock")
}

# units_that_run NAME REGEXP: the files of the units with such a name that run the program itself, one a line.
# moonraker-obico.service, klipper-mcu.service and the like do not.
units_that_run() { grep -lsE -- "$2" "$sysroot"/etc/systemd/system/"$1"*.service || true; }

# find_unit NAME REGEXP: the unit of this printer's Klipper or Moonraker: of those, the one that names the data folder. Nothing when
# there is none and other printers are here: NAME.service may be one of theirs, which may be printing.
find_unit() {
  local file folder
  folder=$(literal "$data")
  while IFS= read -r file; do
    if grep -q -e "$folder[/\"' ]" -e "$folder\$" -- "$file"; then
      printf '%s' "${file##*/}"
      return 0
    fi
  done < <(units_that_run "$1" "$2")
  if [[ -z $(find_data_folders | grep -vxF -e "$data") ]]; then printf '%s.service' "$1"; fi
}

# environment_text NAME: what is set for the unit of Klipper or Moonraker: its environment file, the unit itself, and another file
# that the unit names, such as /etc/default/klipper.
environment_text() {
  local unit=${1}_unit file
  local -a files=("$data/systemd/$1.env")
  if [[ -n ${!unit} ]]; then
    files+=("$sysroot/etc/systemd/system/${!unit}")
    while IFS= read -r file; do files+=("$sysroot$file"); done < <(sed -n 's|^EnvironmentFile=-\{0,1\}"\{0,1\}\(/etc/[^"]*\).*|\1|p' "${files[1]}" 2>/dev/null)
  fi
  cat -- "${files[@]}" 2>/dev/null || true
}

# The checkout of Klipper or Moonraker that this printer runs, by its settings; empty when there is none. The path may contain spaces.
program_folder() {
  local path
  path=$(sed -n -e "s|^[A-Z_]*=['\"]*\(/.*\)/$2/$2\.py.*|\1|p" -e "s|^PYTHONPATH=['\"]*\(/[^'\"]*\).*|\1|p" <<<"$settings")
  path=${path%%$'\n'*}
  [[ -n $path && -d $path/$2 ]] || path=$HOME/$1
  if [[ -d $path/$2 ]]; then readlink -f -- "$path"; fi
}

# By the port in moonraker.conf or what it includes. A printer whose files are gone has one, too: it may be removed.
moonraker_address() {
  local port host=${moonraker_host:-127.0.0.1}
  read_includes "$moonraker_conf"
  port=$(LC_ALL=C sed -n --separate '/^\[server\]/,/^\[/s/^port *[:=] *\([0-9]*\).*/\1/p' -- "${included[@]:-/dev/null}")
  port=${port%%$'\n'*}
  [[ $host != *:* ]] || host="[$host]"
  printf 'http://%s:%s' "$host" "${moonraker_port:-${port:-7125}}"
}

# What would stop the installation half-way is found before anything is changed.
check_printer() {
  local file target
  [[ -n $klipper ]] || fail "Klipper was not found for $(short "$data"): neither its klipper.env nor ~/klipper leads to it."
  [[ -n $moonraker ]] || fail "Moonraker was not found for $(short "$data"): neither its moonraker.env nor ~/moonraker leads to it."
  [[ -f $printer_cfg ]] || fail "$printer_cfg is missing. Klipper needs it first."
  for file in "$moonraker_conf" "$printer_cfg" "$data/moonraker.asvc"; do
    target=$(readlink -f -- "$file") || fail "$file is a link that leads nowhere."
    [[ $target != *[$'\n\t']* ]] || fail "$target: a path with a tab or a line break cannot be handled."
    [[ ! -e $target || -r $target ]] || fail "$target cannot be read. Run: sudo chown $(id -un): '$target'"
    [[ ! -e $target || -O $target ]] || fail "$target belongs to $(stat -c %U -- "$target"). Run: sudo chown $(id -un): '$target'"
    [[ -w ${target%/*} ]] || fail "The folder ${target%/*} cannot be written. Run: sudo chown $(id -un): '${target%/*}'"
  done
  for file in "$config" "$(klipper_extras)" "$moonraker/moonraker/components"; do
    [[ -w $file ]] || fail "The folder $file cannot be written. Run: sudo chown $(id -un): '$file'"
  done
  if includes_path "$printer_cfg" "$config/lmnt-edge.cfg"; then
    fail "An [include] with a * in $(short "$printer_cfg") would also include lmnt-edge.cfg, which is not for Klipper. Name the files in it one by one."
  fi
}

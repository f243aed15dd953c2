#!/usr/bin/env bash
# Rotates and revokes the keys of WireGuard peers on their gateway; nobody else's connection is dropped.
#
#   rotate_wg_keys.sh [options] rotate PEER…      new keys for these peers; the old ones end after the grace
#   rotate_wg_keys.sh [options] rotate --all      for every peer
#   rotate_wg_keys.sh [options] due               what a timer runs each minute: rotate keys older than --days, end graces that are over
#   rotate_wg_keys.sh [options] finish            only the latter
#   rotate_wg_keys.sh [options] revoke PEER…      at once: all keys of somebody who has left
#   rotate_wg_keys.sh [options] status            age of each key; exit 1 when one is overdue
#
#   --config FILE       of wg-quick (default: /etc/wireguard/wg0.conf); its peers are named by lines '# friendly_name = alice'
#   --grace TIME        how long the old key stays good: 15m (default), 90s, 12h, 2d; 0 replaces it at once
#   --days N            age at which a key is due (default: 90)
#   --preshared-only    a new preshared key only, at once: sessions live on for two minutes, then both sides need it
#   --public-key KEY    the peer made its key itself and keeps the private half (with 'rotate PEER')
#   --endpoint HOST:PORT  of this gateway, for clients' files that do not say it yet
#   --deliver PROGRAM   is run as 'PROGRAM PEER FILE' to hand over the client's file; when it fails, the peer keeps its old key
#   --dry-run           say what would be done, and do nothing
#
# During the grace the new key has a second address, since an address belongs to one key: the same with the first bit behind the network's prefix
# turned over (10.8.0.2 and 10.8.0.130 in a /24), so each peer has two addresses for good and gets nobody else's. All state is in the file: a
# restart loses nothing. Clients' files go to clients/PEER.conf beside it, what was done to INTERFACE.audit.log, both readable by their owner alone.
# Exit: 0 done, 1 not done for some peer or not told to the interface, 2 usage. It needs what wg-quick needs, so this one file can be copied.
set -euo pipefail
umask 077
export LC_ALL=C

readonly PROGRAM=${0##*/}
readonly HELD_BY_PEER='# the one that the peer made itself'
config=/etc/wireguard/wg0.conf grace=15m days=90 endpoint='' deliver='' given_key=''
all='' dry='' preshared_only='' failed=0

# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

die() { # die EXIT WORDS REMEDY
  printf '%s: %s\n' "$PROGRAM" "$2" >&2
  [ -z "${3:-}" ] || printf '  what to do: %s\n' "$3" >&2
  exit "$1"
}

say() { printf '%s%s\n' "${dry:+would: }" "$1"; }

audit() { # audit ACTION PEER KEY WORDS
  [ -z "$dry" ] || return 0
  local line by=${SUDO_USER:-${USER:-$(id -un)}}
  line=$(printf '{"at": "%s", "by": "%s", "action": "%s", "interface": "%s", "peer": "%s", "key": "%s", "note": "%s"}' \
    "$(stamp "$now")" "${by//[!A-Za-z0-9._-]/_}" "$1" "$interface" "$2" "$3" "$4")
  printf '%s\n' "$line" >>"$log"
  if command -v logger >/dev/null; then logger -t "$PROGRAM" -- "$line" 2>/dev/null || true; fi
}

stamp() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

seconds() { # seconds 15m
  [[ $1 =~ ^([0-9]{1,6})([smhd]?)$ ]] || die 2 "'$1' is no time" "write for example 90s, 15m, 12h or 2d"
  local -A unit=([s]=1 [m]=60 [h]=3600 [d]=86400)
  printf '%d' $((10#${BASH_REMATCH[1]} * ${unit[${BASH_REMATCH[2]:-s}]}))
}

# ── the file: what stands before the first peer, and a text for each peer ──────────────────────────────────────────────────────────────────────────

load() {
  [ -r "$config" ] || die 2 "$config cannot be read" "name the gateway's file by --config, and run this as root"
  local line held='' at=-1
  head='' peers=()
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line =~ ^[[:space:]]*\[[Pp][Ee][Ee][Rr]\] ]]; then
      at=$((at + 1)) peers[at]=''
    elif [[ -z ${line//[[:space:]]/} || ($line =~ ^[[:space:]]*# && -n $held) ]]; then
      held+=$line$'\n' # a comment that follows an empty line speaks of what comes after it
      continue
    fi
    line=$held$line$'\n' held=''
    if ((at < 0)); then head+=$line; else peers[at]+=$line; fi
  done <"$config"
  [[ $(setting "$head" SaveConfig) != true ]] ||
    die 2 "$config says SaveConfig = true, which would overwrite names and dates of keys" "take that line out, and restart the interface"
}

setting() { # setting TEXT NAME: the values of all lines 'Name = value', with commas between
  sed -nE "s/[[:space:]]*#.*//; s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$/\1/Ip" <<<"$1" | paste -sd, -
}

mark() { # mark TEXT NAME: the value of the comment '# name = value'
  sed -nE "s/^[[:space:]]*#[[:space:]]*$2[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$/\1/Ip" <<<"$1" | head -n 1
}

edited() { # edited TEXT LINE…: with each LINE in place of the lines of that name
  local text=$1 line name
  shift
  for line; do
    name=${line%%=*} name=${name#\#}
    text=$(grep -viE "^[[:space:]]*(#[[:space:]]*)?${name//[[:space:]]/}[[:space:]]*=" <<<"$text" || true)
    text+=$'\n'$line
  done
  printf '%s' "$text"
}

current() { # current NAME: the number of the peer's section whose key is not about to end
  local at
  for at in "${!peers[@]}"; do
    if [[ $(mark "${peers[at]}" friendly_name) == "$1" && -z $(mark "${peers[at]}" retire_at) ]]; then
      printf '%d' "$at"
      return
    fi
  done
  die 2 "no peer of $config is named '$1'" "write '# friendly_name = $1' into its [Peer] section"
}

names() {
  local peer name
  for peer in "${peers[@]}"; do
    name=$(mark "$peer" friendly_name)
    [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$ ]] ||
      die 2 "the peer with the key $(setting "$peer" PublicKey) has no name, or an odd one" "write '# friendly_name = alice' into its [Peer] section"
    printf '%s\n' "$name"
  done | sort -u
}

store() { # store FILE TEXT: whole or not at all, for its owner alone
  local new
  new=$(mktemp "$1.XXXXXX")
  printf '%s\n' "$2" >"$new"
  sync "$new"
  mv -f "$new" "$1"
}

# ── the interface ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

is_up() { wg show "$interface" public-key >/dev/null 2>&1; }

matches_file() { # whether the interface knows the keys of the file, and no others
  local peer
  [[ $(wg show "$interface" peers | sort) == "$(for peer in "${peers[@]}"; do setting "$peer" PublicKey; done | sort)" ]]
}

tell_interface() {
  local stripped
  is_up || { say "$interface is down: the file holds when it comes up"; return 0; }
  stripped=$(wg-quick strip "$config") && [ -n "$stripped" ] || return 1
  wg syncconf "$interface" <(printf '%s\n' "$stripped") && matches_file # what has not changed keeps its session
}

apply() { # writes the file, then tells the interface; when that fails both are as before
  [ -z "$dry" ] || return 0
  local before peer text=$head
  before=$(<"$config")
  for peer in "${peers[@]}"; do text+=$'\n'$(sed '/./,$!d' <<<"$peer")$'\n'; done
  store "$config" "${text%$'\n'}"
  tell_interface && return
  store "$config" "$before"
  load
  tell_interface || true
  audit refused - - "wg syncconf did not take the file, which is as before"
  die 1 "$interface did not take the new file; it is as before" "see what 'wg-quick strip $config' says"
}

# ── addresses, as rows of hexadecimal digits: 8 of IPv4, 32 of IPv6 ────────────────────────────────────────────────────────────────────────────────

digits() {
  local address=${1%/*} left right=() zeros group
  if [[ $address != *:* ]]; then
    IFS=. read -ra left <<<"$address"
    printf '%02x' "${left[@]}"
    return
  fi
  IFS=: read -ra left <<<"${address%%::*}"
  [[ $address != *::* ]] || IFS=: read -ra right <<<"${address##*::}"
  zeros=$((8 - ${#left[@]} - ${#right[@]}))
  for group in "${left[@]}"; do printf '%04x' $((16#$group)); done
  for ((; zeros > 0; zeros--)); do printf 0000; done
  for group in "${right[@]}"; do printf '%04x' $((16#$group)); done
}

written() {
  if ((${#1} == 8)); then
    printf '%d.%d.%d.%d/32' $((16#${1:0:2})) $((16#${1:2:2})) $((16#${1:4:2})) $((16#${1:6:2}))
  else
    printf '%x:%x:%x:%x:%x:%x:%x:%x/128' $((16#${1:0:4})) $((16#${1:4:4})) $((16#${1:8:4})) $((16#${1:12:4})) \
      $((16#${1:16:4})) $((16#${1:20:4})) $((16#${1:24:4})) $((16#${1:28:4}))
  fi
}

listed() { tr , ' ' <<<"$1"; }

is_host() { [[ $1 == */32 || $1 == */128 || $1 != */* ]]; }

within() { # within DIGITS NETWORK
  local net whole rest
  net=$(digits "$2") whole=$((${2#*/} / 4)) rest=$((4 - ${2#*/} % 4))
  ((${#1} == ${#net})) && [[ ${1:0:whole} == "${net:0:whole}" ]] || return 1
  ((rest == 4)) || ((16#${1:whole:1} >> rest == 16#${net:whole:1} >> rest))
}

other_address() { # other_address 10.8.0.2/32
  local own net at bit
  own=$(digits "$1")
  for net in $(listed "$(setting "$head" Address)"); do
    within "$own" "$net" || continue
    at=$((${net#*/} / 4)) bit=$((8 >> ${net#*/} % 4))
    ((at < ${#own} - 1 || bit > 1)) || break # no room for two
    written "${own:0:at}$(printf '%x' $((16#${own:at:1} ^ bit)))${own:at+1}"
    return
  done
  die 2 "$1 has no second address in the network of $interface ($(setting "$head" Address))" "widen the network, or rotate with --grace 0"
}

require_free() { # require_free ADDRESS NAME: nobody else has it, the gateway neither
  local peer own range
  own=$(digits "$1")
  for range in $(listed "$(setting "$head" Address)"); do
    [[ $(digits "$range") != "$own" ]] || die 2 "the second address of $2, $1, is the gateway's own" "give $2 another address first"
  done
  for peer in "${peers[@]}"; do
    for range in $(listed "$(setting "$peer" AllowedIPs)"); do
      [[ $range == */* ]] || range+=/$((${#own} * 4))
      ((${range#*/} < 1)) || ! within "$own" "$range" ||
        die 2 "the second address of $2, $1, belongs to $(mark "$peer" friendly_name)" "give one of them another address, or rotate with --grace 0"
    done
  done
}

# ── what is done ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

client_file() { # client_file NAME PRIVATE PRESHARED ADDRESSES: the client's side, after the one it had
  local file=$folder/clients/$1.conf text hosts
  hosts=$(listed "$4" | tr -s ' ' '\n' | { grep -E '/(32|128)$|^[^/]+$' || true; } | paste -sd, -)
  text=$(cat "$file" 2>/dev/null || true)
  if [ -z "$text" ]; then
    text=$(printf '[Interface]\nPrivateKey =\nAddress =\n\n[Peer]\nPublicKey = %s\nPresharedKey =\nAllowedIPs = %s\nEndpoint = %s\nPersistentKeepalive = 25' \
      "$(printf '%s\n' "$(setting "$head" PrivateKey)" | wg pubkey)" "$(setting "$head" Address)" "${endpoint:-$(mark "$head" endpoint)}")
    [[ $(setting "$text" Endpoint) ]] || die 2 "where $1 finds this gateway is not known" "give --endpoint HOST:PORT once"
  fi
  PRIVATE=$2 PRESHARED=$3 ADDRESSES=$hosts awk -F= '
    { name = tolower($1); gsub(/[[:space:]]/, "", name) }
    name == "privatekey" { $0 = "PrivateKey = " ENVIRON["PRIVATE"] }
    name == "address" && ENVIRON["ADDRESSES"] { $0 = "Address = " ENVIRON["ADDRESSES"] }
    name == "presharedkey" { next }
    name == "publickey" { print; $0 = "PresharedKey = " ENVIRON["PRESHARED"] }
    { print }' <<<"$text"
}

handed_over() { # handed_over NAME TEXT: stores the client's file, and delivers it
  local file=$folder/clients/$1.conf
  mkdir -p "$folder/clients"
  store "$file.new" "$2"
  [ -z "$deliver" ] || "$deliver" "$1" "$file.new" || { rm -f "$file.new"; return 1; }
  mv -f "$file.new" "$file"
}

second_addresses() { # second_addresses NAME RANGES: for each address of the peer its other one; networks behind it follow when the old key ends
  local range found=''
  for range in $(listed "$2"); do
    is_host "$range" || continue
    range=$(other_address "$range")
    require_free "$range" "$1"
    found+=${found:+, }$range
  done
  [ -n "$found" ] || die 2 "$1 has no address of its own, only networks" "rotate it with --grace 0"
  printf '%s' "$found"
}

new_key() { # new_key NAME TEXT: the private key (or what stands for it) and the public one, a line each
  local private
  if [ -n "$preshared_only" ]; then
    setting "$(cat "$folder/clients/$1.conf" 2>/dev/null)" PrivateKey | grep . || printf '%s\n' "$HELD_BY_PEER"
    setting "$2" PublicKey
  elif [ -n "$given_key" ]; then
    printf '%s\n%s\n' "$HELD_BY_PEER" "$given_key"
  else
    private=$(wg genkey)
    printf '%s\n' "$private"
    wg pubkey < <(printf '%s\n' "$private")
  fi
}

rotate() { # rotate NAME
  local name=$1 at old keys preshared addresses until fresh client was=("${peers[@]}") words='at once'
  at=$(current "$name")
  old=${peers[at]} until=$((now + grace)) preshared=$(wg genpsk)
  ! ending "$name" || die 2 "the last rotation of $name has not ended" "wait for its grace, and let 'finish' run"
  mapfile -t keys <<<"$(new_key "$name" "$old")"
  addresses=$(setting "$old" AllowedIPs)
  if ((grace)); then
    addresses=$(second_addresses "$name" "$addresses")
    words="the old one, $(setting "$old" PublicKey), ends at $(stamp "$until")"
    peers[at]=$(edited "$old" "# retire_at = $(stamp "$until")")
  else
    unset 'peers[at]'
  fi
  fresh=$(edited "$old" "# key_created = $(stamp "$now")" "PublicKey = ${keys[1]}" "PresharedKey = $preshared" "AllowedIPs = $addresses")
  peers+=("$fresh")
  client=$(client_file "$name" "${keys[0]}" "$preshared" "$addresses")
  say "$name gets the key ${keys[1]} on $addresses; $words"
  [ -z "$dry" ] || return 0
  apply
  if handed_over "$name" "$client"; then
    audit rotated "$name" "${keys[1]}" "$words"
    return
  fi
  peers=("${was[@]}")
  apply
  audit undelivered "$name" "${keys[1]}" "the old key stays"
  printf '%s: the new key of %s could not be delivered, so the old one stays\n' "$PROGRAM" "$name" >&2
  failed=1
}

ending() { # ending NAME: whether an old key of the peer is still good
  local peer
  for peer in "${peers[@]}"; do
    [[ $(mark "$peer" friendly_name) != "$1" || -z $(mark "$peer" retire_at) ]] || return 0
  done
  return 1
}

finish() { # ends every key whose grace is over, and heals what a crash left between file and interface
  local at until ended=()
  for at in "${!peers[@]}"; do
    until=$(mark "${peers[at]}" retire_at)
    [[ -z $until ]] || (($(date -u -d "$until" +%s) > now)) || ended+=("$at")
  done
  for at in "${ended[@]}"; do end_key "$at"; done
  peers=("${peers[@]}")
  if ((${#ended[@]})); then apply; elif [ -z "$dry" ] && is_up && ! matches_file; then tell_interface; fi
}

end_key() { # end_key NUMBER: the networks behind the peer go to its new key
  local old=${peers[$1]} name key next range used
  name=$(mark "$old" friendly_name) key=$(setting "$old" PublicKey)
  next=$(current "$name")
  for range in $(listed "$(setting "$old" AllowedIPs)"); do
    is_host "$range" || peers[next]=$(edited "${peers[next]}" "AllowedIPs = $(setting "${peers[next]}" AllowedIPs), $range")
  done
  used=$(shaken "$(setting "${peers[next]}" PublicKey)")
  ((used)) && used='the new one is in use' || used='the new one was never used'
  say "the old key of $name, $key, ends; $used"
  audit ended "$name" "$key" "$used"
  unset "peers[$1]"
}

shaken() { # shaken KEY: when it last shook hands, in seconds since 1970; 0 for never
  { wg show "$interface" latest-handshakes 2>/dev/null || true; } | awk -v key="$1" '$1 == key { at = $2 } END { print at + 0 }'
}

revoke() { # revoke NAME
  local at
  current "$1" >/dev/null
  for at in "${!peers[@]}"; do
    [[ $(mark "${peers[at]}" friendly_name) == "$1" ]] || continue
    say "$1 is out: the key $(setting "${peers[at]}" PublicKey) ends"
    audit revoked "$1" "$(setting "${peers[at]}" PublicKey)" "at once"
    unset 'peers[at]'
  done
  peers=("${peers[@]}")
  apply
  [ -n "$dry" ] || rm -f "$folder/clients/$1.conf"
}

overdue() { # overdue TEXT: whether the key is older than --days, or of an age that nobody knows
  local created
  created=$(mark "$1" key_created)
  [[ -z $created ]] || (((now - $(date -u -d "$created" +%s)) >= days * 86400))
}

due() {
  local peer
  finish
  for peer in "${peers[@]}"; do
    [[ -n $(mark "$peer" retire_at) ]] || ! overdue "$peer" || ending "$(mark "$peer" friendly_name)" || rotate "$(mark "$peer" friendly_name)"
  done
}

status() {
  local peer created at until
  printf '%-20s %-44s %-20s %-20s %s\n' PEER KEY CREATED 'LAST HANDSHAKE' NOTE
  for peer in "${peers[@]}"; do
    created=$(mark "$peer" key_created) until=$(mark "$peer" retire_at) at=$(shaken "$(setting "$peer" PublicKey)")
    if [ -n "$until" ]; then until="ends at $until"; elif overdue "$peer"; then until=overdue failed=1; fi
    ((at)) && at=$(stamp "$at") || at=never
    printf '%-20s %-44s %-20s %-20s %s\n' "$(mark "$peer" friendly_name)" "$(setting "$peer" PublicKey)" "${created:-unknown}" "$at" "$until"
  done
}

# ── arguments ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

named=() action=''
while (($#)); do
  case $1 in
    -h | --help) sed -n '2,/^set -/{/^set -/d; s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --config) config=${2:?} && shift ;;
    --grace) grace=${2:?} && shift ;;
    --days) days=${2:?} && shift ;;
    --public-key) given_key=${2:?} && shift ;;
    --endpoint) endpoint=${2:?} && shift ;;
    --deliver) deliver=${2:?} && shift ;;
    --preshared-only) preshared_only=yes grace=0 ;;
    --all) all=yes ;;
    --dry-run) dry=yes ;;
    -*) die 2 "there is no option $1" "$PROGRAM --help lists them" ;;
    *) if [ -z "$action" ]; then action=$1; else named+=("$1"); fi ;;
  esac
  shift
done

[[ $days =~ ^[0-9]{1,5}$ ]] || die 2 "--days '$days' is no number" "write --days 90"
[[ -z $given_key || (${#named[@]} -eq 1 && $given_key =~ ^[A-Za-z0-9+/]{43}=$) ]] || die 2 "--public-key is one key, for one peer" "rotate PEER --public-key KEY"
grace=$(seconds "$grace")
now=$(date +%s)
interface=$(basename "$config" .conf) folder=$(dirname "$config")
log=${config%.conf}.audit.log
command -v wg >/dev/null || die 2 "wg is not installed" "install wireguard-tools"

if [ -z "$dry" ] && [[ $action != status ]]; then
  exec {lock}>"${config%.conf}.lock"
  flock -w 60 "$lock" || die 1 "another rotation is running" "start this one when it has ended"
fi
load
everybody=$(names)
[ -z "$all" ] || mapfile -t named <<<"$everybody"

case $action in
  rotate | revoke) ((${#named[@]})) || die 2 "$action whom?" "name peers, or write 'rotate --all'" ;;
esac
case $action in
  rotate) for name in "${named[@]}"; do rotate "$name"; done ;;
  revoke) for name in "${named[@]}"; do revoke "$name"; done ;;
  due) due ;;
  finish) finish ;;
  status) status ;;
  '') die 2 "say what to do: rotate, due, finish, revoke or status" "$PROGRAM --help explains them" ;;
  *) die 2 "there is no '$action': rotate, due, finish, revoke or status" "$PROGRAM --help explains them" ;;
esac
exit "$failed"

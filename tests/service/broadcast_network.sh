#!/bin/sh
# Broadcasts over a network of its own: two namespaces with a cable (veth) between them.
#   broadcast_network.sh RECEIVER SENDER
# Prints what two receivers on the far side hear. Ends with status 77 where it may not make such a network.
set -eu

skip() {
  echo "$1" >&2
  exit 77
}

if [ "${INSIDE:-}" != yes ]; then
  for tool in ip unshare nsenter; do
    command -v "$tool" >/dev/null || skip "there is no program $tool (packages iproute2, util-linux)"
  done
  [ "$(id -u)" = 0 ] || own_users=--map-root-user
  unshare ${own_users:-} --net ip link add here type veth peer name there 2>/dev/null ||
    skip "not allowed to make a network"
  INSIDE=yes exec unshare ${own_users:-} --net sh "$0" "$@"
fi

receiver=$1 sender=$2
work=$(mktemp -d)
mkfifo "$work/end"
children=
trap 'kill $children 2>/dev/null || true; rm -rf "$work"' EXIT

# The other namespace lives as long as a process in it, which waits for a pipe that nobody writes to.
unshare --net sh -c ': <"$1"' sh "$work/end" &
far=$!
children=$far
while [ "$(readlink /proc/$far/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
on_far_side() { nsenter --net="/proc/$far/ns/net" "$@"; }

# No network yet, then one that leads nowhere else.
"$sender" --to 255.255.255.255 nobody && exit 1
ip link add here type veth peer name there
ip link set there netns "$far"
ip address add 10.77.0.1/24 brd 10.77.0.255 dev here
ip link set here up
on_far_side ip address add 10.77.0.2/24 brd 10.77.0.255 dev there
on_far_side ip link set there up
# The kernel drops what is sent before it has noticed that the cable is plugged in at both ends.
until ip link show here | grep -q 'state UP'; do sleep 0.01; done
"$sender" --to 192.168.1.255 nobody && exit 1

for which in first second; do
  : >"$work/$which"
  on_far_side "$receiver" --count 2 --timeout 60 >"$work/$which" &
  children="$children $!"
  receivers="${receivers:-} $!"
  until grep -q 'listening on' "$work/$which"; do sleep 0.01; done
done

"$sender" --to 10.77.0.255 to the network
"$sender" --to 255.255.255.255 --from 10.77.0.1 to the interface
for each in $receivers; do wait "$each"; done
sed '1d; s/^/first: /' "$work/first"
sed '1d; s/^/second: /' "$work/second"

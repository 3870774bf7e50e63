# shellcheck shell=bash
# Strategy netns: the machine's own kernel, in a network namespace made for this one command.

# Prints why the machine's own kernel will not do, or nothing.
netns_obstacle() {
  [[ $EUID -eq 0 ]] || { echo "not root, so no network namespace can be made"; return; }
  modprobe -q ip_vs 2>/dev/null
  modprobe -q nf_tables 2>/dev/null
  [[ -e /proc/net/ip_vs ]] || { echo "this machine's kernel has no ip_vs"; return; }
  grep -qsw nft_register_expr /proc/kallsyms || { echo "this machine's kernel has no nf_tables"; return; }
  unshare --net --mount true 2>/dev/null || echo "this machine does not let us make a network namespace"
}

# Fresh /sys and a writable /proc/sys belong to the new namespace; a /run/netns of its own keeps the names that
# `ip netns add` gives from meeting those of the machine or of a second run.
readonly netns_preparation='
  ip link set lo up
  mount -t sysfs sysfs /sys
  [ -w /proc/sys/net/ipv4/vs ] || mount -t proc proc /proc
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  exec "$@"'

# Does not return. The deadline's keeper stays in the foreground so that Ctrl-C and a terminal reach the command.
run_in_netns() {
  export TEST_KERNEL=netns
  [[ -n $terminal ]] || exec </dev/null
  exec timeout --foreground -k 5 "$deadline" \
    unshare --net --mount --propagation private sh -ec "$netns_preparation" sh "$@"
}

#!/bin/sh
# The first process of a laboratory node, in namespaces of its own: makes the machine look like a server of its own,
# then becomes tini. From the laboratory: NODE, DESK, FAULTS (and FAULTS_AT), HOSTS, DISK, STAGE, SHARES (one a line).
set -eu
echo "$NODE" >/proc/sys/kernel/hostname

# Gather on STAGE what must stay in sight when /run, /tmp and /sys are covered.
mkdir -p "$STAGE/desk" "$STAGE/faults" "$STAGE/cgroup" "$STAGE/shares"
mount --bind "$DESK" "$STAGE/desk"
mount --bind "$FAULTS" "$STAGE/faults"
mount --rbind /sys/fs/cgroup "$STAGE/cgroup"
number=0
printf '%s\n' "$SHARES" | while read -r share; do
  [ -n "$share" ] || continue
  number=$((number + 1))
  if [ -d "$share" ]; then mkdir -p "$STAGE/shares/$number"; else : >"$STAGE/shares/$number"; fi
  mount --bind "$share" "$STAGE/shares/$number"
done
mount --bind "$HOSTS" /etc/hosts
printf '%s\n' "$NODE" >"$DESK/hostname"
[ ! -e /etc/hostname ] || mount --bind "$DESK/hostname" /etc/hostname
mkdir -p /var/lib/norikae
mount --bind "$DISK" /var/lib/norikae

# Copies of the machine's mounts there would keep its network namespaces and disks busy.
awk '$2 ~ "^/(run|tmp)/" { print $2 }' /proc/self/mounts | sort -r | while read -r mounted; do
  umount -l "$mounted" 2>/dev/null || true
done

mount -t tmpfs -o mode=755,nosuid,nodev norikae-run /run
mount -t tmpfs -o mode=1777,nosuid,nodev norikae-tmp /tmp
mount -t tmpfs -o mode=1777,nosuid,nodev norikae-shm /dev/shm
umount -l /sys
mount -t sysfs -o nosuid,nodev,noexec norikae-sys /sys
mkdir -p /run/lock /run/norikae /run/norikae-lab/node "$FAULTS_AT"
mount --move "$STAGE/desk" /run/norikae-lab/node
mount --move "$STAGE/faults" "$FAULTS_AT"
mount --move "$STAGE/cgroup" /sys/fs/cgroup
number=0
printf '%s\n' "$SHARES" | while read -r share; do
  [ -n "$share" ] || continue
  number=$((number + 1))
  if [ -d "$STAGE/shares/$number" ]; then mkdir -p "$share"; else mkdir -p "${share%/*}" && : >"$share"; fi
  mount --move "$STAGE/shares/$number" "$share"
done

# Frames between capsules and links are no business of a firewall's; IPv6 would only add noise to the bridge.
for switch in /proc/sys/net/bridge/bridge-nf-call-*; do
  [ ! -e "$switch" ] || echo 0 >"$switch"
done
[ ! -e /proc/sys/net/ipv6/conf/default/disable_ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6

unset DESK FAULTS FAULTS_AT HOSTS DISK STAGE SHARES
cd /
: >/run/norikae-lab/node/ready
exec tini -- sh /run/norikae-lab/node/supervise.sh

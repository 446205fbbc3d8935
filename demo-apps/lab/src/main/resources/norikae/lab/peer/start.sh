#!/bin/sh
# Makes a laboratory's node one of a Pacemaker cluster: what the daemons keep lies on the node's own disk, what they run
# by lies beside this script. Returns when they run.
set -eu
here=${0%/*}
disk=/var/lib/norikae/peer
mkdir -p $disk/corosync $disk/pacemaker/cib $disk/pacemaker/cores $disk/pacemaker/blackbox $disk/pacemaker/pengine $disk/log/corosync \
  $disk/log/pacemaker /run/crm /run/resource-agents
chown -R hacluster:haclient $disk/pacemaker $disk/log/pacemaker /run/crm
chmod 750 $disk/pacemaker $disk/pacemaker/cib $disk/log/pacemaker
mount --bind "$here/etc" /etc/corosync
mount --bind $disk/corosync /var/lib/corosync
mount --bind $disk/pacemaker /var/lib/pacemaker
mount --bind $disk/log /var/log
mount -t overlay -o "lowerdir=$here/sbin:/usr/sbin" norikae-sbin /usr/sbin
mount -t overlay -o "lowerdir=$here/ocf:/usr/lib/ocf/resource.d" norikae-ocf /usr/lib/ocf/resource.d
setsid corosync -f </dev/null >$disk/log/corosync.out 2>&1 &
tries=0
until corosync-cfgtool -s >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ $tries -lt 400 ] || {
    cat $disk/log/corosync.out >&2
    exit 1
  }
  sleep 0.05
done
PCMK_logfile=$disk/log/pacemaker/pacemaker.log PCMK_logfacility=none setsid pacemakerd -f </dev/null >$disk/log/pacemaker.out 2>&1 &

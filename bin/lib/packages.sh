# The programs that Norikae needs from the distribution, and their installation. Sourced by bin/setup.

# One line each: a program that shows that it is there, the Debian package that brings it, and why it is needed.
REQUIRED_PROGRAMS='
mvn            maven           builds Norikae
ip             iproute2        links, bridges and addresses of capsules and of the laboratory
tc             iproute2        shapes links in the laboratory
nsenter        util-linux      enters the namespaces of a capsule or of a laboratory node
unshare        util-linux      makes those namespaces
setpriv        util-linux      runs a service as another user
tini           tini            process 1 of a capsule and of a laboratory node: reaps orphans
nft            nftables        cuts links in the laboratory
arping         iputils-arping  tells neighbours, in tests, where an address now lives
python3        python3         client and process-tree programs of the system tests
redis-server   redis-server    real software that the system tests move
redis-benchmark redis-tools    load on it
socat          socat           the plain script that bin/bench move compares with copies images by it
/usr/lib/ocf/resource.d/heartbeat/Dummy resource-agents starts, watches and stops services that name one of its agents
corosync       corosync        the cluster that bin/bench failover compares with: membership
pacemakerd     pacemaker       its decisions
cibadmin       pacemaker-cli-utils its commands
openssl        openssl         knocks at the ports of agents in the system tests
ipmi_sim       openipmi        a BMC to switch off in the system tests of fencing
ipmitool       ipmitool        shows them that another IPMI client agrees with ours
fence_ipmilan  fence-agents    they stop servers through fence agents, too
nbdinfo        libnbd-bin      asks our NBD server, in tests, what it serves
nbdcopy        libnbd-bin      copies volumes in tests; what bin/bench mirror compares with
nbdsh          python3-libnbd  small NBD clients of the tests
nbdkit         nbdkit          another NBD client of the tests: its plugin nbd, with filters before it
nbdfuse        libnbd-bin      makes a volume a file, for a loop device, where the kernel has no nbd
qemu-img       qemu-utils      another NBD client of the tests
qemu-io        qemu-utils      the same, request by request
qemu-nbd       qemu-utils      the disk that bin/bench mirror lets other programs copy to
qemu-storage-daemon qemu-system-common a mirror that bin/bench mirror compares with
rsync          rsync           another one
fio            fio             load on volumes, with its own check of what it wrote
mkfs.ext4      e2fsprogs       a file system on a volume in tests
ss             iproute2        the same script waits for its service with it
sbd            sbd             poison pill on a shared disk: the system tests read its disks, and it reads ours
losetup        mount           makes those disks out of files
qemu-system-x86_64 qemu-system-x86 guests of the system tests: their watchdogs may bite
busybox        busybox-static  the first program of a guest
cpio           cpio            packs the first file system of a guest
'

# What CRIU needs to be built, on top of the above.
CRIU_BUILD_PACKAGES='
gcc libc6-dev make patch xz-utils pkg-config
libprotobuf-dev protobuf-compiler libprotobuf-c-dev protobuf-c-compiler
libnl-3-dev libnet1-dev libcap-dev libbsd-dev libgnutls28-dev libnftables-dev uuid-dev
'

APT_IS_FRESH=no

# install_required_programs: installs what is missing of the list above.
install_required_programs() {
  local program package reason missing=()
  while read -r program package reason; do
    [ -n "$program" ] || continue
    # sbin is not in everyone's PATH.
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null && continue
    say "missing: $program (package $package; $reason)"
    missing+=("$package")
  done <<<"$REQUIRED_PROGRAMS"
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# install_packages NAME...: through apt; no daemon that a package brings is started or enabled.
install_packages() {
  local names
  names=$(printf '%s\n' "$@" | sort -u | tr '\n' ' ')
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get, so bin/setup cannot install: $names" \
      "Install the packages of those names, or what your distribution calls them, and start bin/setup again."
  need_root "to install $names"
  fresh_apt
  say "installing $names"
  local policy=/usr/sbin/policy-rc.d log status=0
  log=$(mktemp)
  if [ ! -e "$policy" ]; then
    # Debian's own switch: 101 forbids that an installation starts a service.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $names </dev/null >"$log" 2>&1 || status=$?
  if grep -qs 'exit 101' "$policy"; then
    rm -f "$policy"
    trap - EXIT
  fi
  if [ "$status" -ne 0 ]; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "apt-get could not install $names (exit code $status; its last lines are above)" \
      "Install them by hand, then start bin/setup again."
  fi
  rm -f "$log"
  if [ -d /run/systemd/system ]; then
    local daemon
    for daemon in redis-server corosync pacemaker; do
      [[ " $names " != *" $daemon "* ]] || systemctl disable --quiet "$daemon" 2>/dev/null || true
    done
  fi
}

# fresh_apt: one apt-get update for each run of bin/setup, and only if something must be installed.
fresh_apt() {
  [ "$APT_IS_FRESH" = no ] || return 0
  say "reading the package lists"
  # A foreign source that does not answer must not stop us; a package that is really missing says so later.
  apt-get update -qq </dev/null >/dev/null 2>&1 || true
  APT_IS_FRESH=yes
}

# apt_candidate PACKAGE: prints the version that apt would install, or nothing.
apt_candidate() {
  command -v apt-cache >/dev/null || return 0
  apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -vx '(none)' || true
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "bin/setup must be root $1" "Start it as root: sudo bin/setup"
}

# What Norikae asks of the kernel. Sourced by bin/setup.

# check_kernel: says everything that is missing at once, each with its remedy.
check_kernel() {
  need_root "because capsules are made of namespaces and cgroups"
  local problems=() namespace tree
  for namespace in pid net mnt uts ipc time; do
    [ -e "/proc/self/ns/$namespace" ] || problems+=("no $namespace namespaces: use a kernel with CONFIG_${namespace^^}_NS")
  done
  if [ ${#problems[@]} -eq 0 ] &&
    ! unshare --fork --pid --mount --net --uts --ipc --time --mount-proc true 2>/dev/null; then
    problems+=("namespaces cannot be made here: give this container CAP_SYS_ADMIN, or use a virtual machine")
  fi
  tree=$(cgroup2_mount)
  if [ -z "$tree" ]; then
    problems+=("no cgroup v2 is mounted: mount -t cgroup2 none /sys/fs/cgroup/unified")
  elif ! check_freezer "$tree"; then
    problems+=("cgroup v2 at $tree cannot freeze: use kernel 5.2 or later, and mount it writable")
  fi
  [ ${#problems[@]} -eq 0 ] || die "this machine cannot run Norikae" "${problems[@]}"
}

cgroup2_mount() { awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts; }

check_freezer() {
  local probe="$1/norikae-setup-$$" works=1
  mkdir "$probe" 2>/dev/null || return 1
  [ -w "$probe/cgroup.freeze" ] && [ -w "$probe/cgroup.kill" ] && works=0
  rmdir "$probe"
  return "$works"
}

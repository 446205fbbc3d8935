# Provides a Linux kernel for the guests of system tests: what this machine lacks (watchdogs, BMCs) is emulated there. The
# kernel that runs here plays no part, and nothing of the guest's is installed into /boot or /lib. Sourced by bin/setup.

GUEST_KERNEL_PACKAGE=linux-image-amd64
GUEST_KERNEL=$NORIKAE_TOOLS/guest-kernel
# What is kept of its 400 MB of modules.
GUEST_MODULES='watchdog char/ipmi virtio block'

# provide_guest_kernel: afterwards $GUEST_KERNEL holds vmlinuz, modules/*.ko, version, and kept: which modules these are.
provide_guest_kernel() {
  [ "$(cat "$GUEST_KERNEL"/kept 2>/dev/null)" != "$GUEST_MODULES" ] || return 0
  # The tests say why they are skipped where there is none.
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    say "no kernel for guests: without apt-get the tests in QEMU guests are skipped"
    return 0
  fi
  need_root "to keep the kernel of guests in $GUEST_KERNEL"
  fresh_apt
  local package work
  # The package of that name only points to the newest real one.
  package=$(apt-cache depends --no-recommends --no-suggests "$GUEST_KERNEL_PACKAGE" 2>/dev/null |
    sed -n 's/^ *Depends: *\(linux-image-[^ ]*\).*/\1/p' | head -n 1)
  [ -n "$package" ] || die "apt knows no kernel package $GUEST_KERNEL_PACKAGE" \
    "Put vmlinuz and modules/*.ko of any kernel with i6300esb into $GUEST_KERNEL, and '$GUEST_MODULES' into its file 'kept'."
  work=$(mktemp -d)
  # apt checks what it has fetched against the signed list of packages, and drops to its own user to fetch it.
  chown _apt "$work" 2>/dev/null || true
  say "fetching $package as the kernel of test guests (70 MB)"
  (cd "$work" && apt-get download -qq "$package" </dev/null >"$work"/log 2>&1) || {
    tail -n 5 "$work"/log >&2
    die "apt-get could not download $package (its last lines are above)" "Try again, or see whether the mirror answers."
  }
  unpack_guest_kernel "$work" "$work"/"$package"_*.deb
  rm -rf "$work"
  say "installed $GUEST_KERNEL ($(cat "$GUEST_KERNEL"/version))"
}

# unpack_guest_kernel WORK DEB: only what is kept is unpacked; the old one goes when the new one is complete.
unpack_guest_kernel() {
  local work=$1 deb=$2 directory patterns=('./boot/vmlinuz-*')
  for directory in $GUEST_MODULES; do patterns+=("./lib/modules/*/kernel/drivers/$directory/*"); done
  mkdir -p "$work"/all "$work"/new/modules
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work"/all --wildcards "${patterns[@]}"
  mv "$work"/all/boot/vmlinuz-* "$work"/new/vmlinuz
  find "$work"/all/lib -type f -name '*.ko*' -exec mv -t "$work"/new/modules {} +
  # Newer packages pack each module.
  find "$work"/new/modules -name '*.ko.xz' -exec xz -d {} +
  [ -e "$work"/new/modules/i6300esb.ko ] || die "$deb has no module i6300esb.ko" \
    "Report this: bin/lib/guest.sh does not know how this kernel packs its modules."
  dpkg-deb -f "$deb" Package Version | sed 's/^[^:]*: *//' | paste -sd ' ' >"$work"/new/version
  printf '%s\n' "$GUEST_MODULES" >"$work"/new/kept
  mkdir -p "$NORIKAE_TOOLS"
  rm -rf "$GUEST_KERNEL" "$GUEST_KERNEL".new
  cp -r "$work"/new "$GUEST_KERNEL".new
  mv -T "$GUEST_KERNEL".new "$GUEST_KERNEL"
}

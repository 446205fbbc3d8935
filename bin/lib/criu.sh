# Finds, installs or builds a CRIU that works on this kernel, and proves it. Sourced by bin/setup.

# The version that is built where the distribution has none: Debian's own source package.
CRIU_SOURCE_VERSION=4.2.1
CRIU_SOURCE_REVISION=1
CRIU_SOURCE_SHA256=29ec0ee09e296479fe7048c80980e8ef1d0684d0b0204c2b101dfea19f6725b9
CRIU_SOURCE_SUITES='sid forky'
CRIU_PATCH=$NORIKAE_ROOT/bin/lib/criu.patch

# provide_criu: afterwards find_criu finds one that has dumped and restored a process on this kernel.
provide_criu() {
  local criu
  if criu=$(find_criu) && { [ "$criu" != "$NORIKAE_TOOLS/criu" ] || leaves_lazy "$criu"; }; then
    criu_is_proved "$criu" && return 0
    if prove_criu "$criu"; then
      remember_proof "$criu"
      return 0
    fi
    [ "$criu" != "$NORIKAE_TOOLS/criu" ] || die "$criu cannot dump and restore a process on this kernel ($(uname -r))" \
      "The reason is in $CRIU_PROOF_LOG." "Remove $criu to have it built again."
    say "$criu cannot dump and restore a process on this kernel: looking for another"
  fi
  need_root "to install CRIU"
  if command -v apt-get >/dev/null && fresh_apt && version_at_least "$(apt_candidate criu | sed 's/-.*//')" 4.1; then
    install_packages criu
  else
    build_criu
  fi
  criu=$(find_criu) || die "CRIU was installed, but bin/setup does not find it" "Set NORIKAE_CRIU to its path."
  prove_criu "$criu" || die "$criu cannot dump and restore a process on this kernel ($(uname -r))" \
    "The reason is in $CRIU_PROOF_LOG." "Norikae needs a kernel with CONFIG_CHECKPOINT_RESTORE."
  remember_proof "$criu"
}

# build_criu: from Debian's source package into $NORIKAE_TOOLS. About a minute.
build_criu() {
  command -v apt-get >/dev/null ||
    die "no CRIU of version 4.1 or later is in PATH, and without apt-get bin/setup cannot build one" \
      "Install CRIU 4.1 or later (package criu), or set NORIKAE_CRIU to its path."
  local lacking
  # shellcheck disable=SC2086 # a list of names
  lacking=$(lacking_packages $CRIU_BUILD_PACKAGES)
  # shellcheck disable=SC2086
  [ -z "$lacking" ] || install_packages $lacking
  local work
  work=$(mktemp -d)
  say "building CRIU $CRIU_SOURCE_VERSION from Debian's source package"
  fetch_criu_source "$work"
  tar -C "$work" -xf "$work"/criu_*.orig.tar.xz
  # Zero lines of context: the line numbers are those of the pinned version.
  patch -s -d "$work"/criu-"$CRIU_SOURCE_VERSION" -p1 <"$CRIU_PATCH" ||
    die "$CRIU_PATCH does not fit CRIU $CRIU_SOURCE_VERSION"
  if ! make -C "$work"/criu-"$CRIU_SOURCE_VERSION" -j "$(nproc)" criu/criu </dev/null >"$work"/make.log 2>&1; then
    tail -n 15 "$work"/make.log >&2
    die "CRIU could not be built (the last lines of make are above; all of it is in $work/make.log)" \
      "Install CRIU 4.1 or later by hand, or set NORIKAE_CRIU to its path."
  fi
  mkdir -p "$NORIKAE_TOOLS"
  # Beside its place first, then renamed: a running CRIU keeps its file, and no one sees half a program.
  install -m 755 "$work"/criu-"$CRIU_SOURCE_VERSION"/criu/criu "$NORIKAE_TOOLS"/criu.new
  mv -fT "$NORIKAE_TOOLS"/criu.new "$NORIKAE_TOOLS"/criu
  printf '%s\n' "$CRIU_SOURCE_VERSION" >"$NORIKAE_TOOLS"/criu.version
  rm -rf "$work"
  say "installed $NORIKAE_TOOLS/criu"
}

# leaves_lazy PATH: whether this CRIU carries our patch, and so freezes large services as briefly as small ones.
leaves_lazy() { "$1" --version 2>/dev/null | grep -q '^Norikae: leave-lazy, given-maps$'; }

lacking_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# fetch_criu_source DIR: the upstream tarball of the pinned version, checked against its SHA-256.
fetch_criu_source() {
  local dir=$1
  fetch_debian_source "$dir" criu "$CRIU_SOURCE_VERSION-$CRIU_SOURCE_REVISION" \
    "criu_$CRIU_SOURCE_VERSION.orig.tar.xz" "$CRIU_SOURCE_SHA256" "$CRIU_SOURCE_SUITES" ||
    die "the source of CRIU $CRIU_SOURCE_VERSION did not arrive (the reason is above)" \
      "Install CRIU 4.1 or later by hand, or set NORIKAE_CRIU to its path."
}

CRIU_PROOF_LOG=/tmp/norikae-criu-proof.log

# prove_criu PATH: dumps and restores a real process; fails, with the reason in $CRIU_PROOF_LOG, if that fails.
prove_criu() {
  local criu=$1 images pid restored=0
  need_root "to prove that CRIU works"
  say "proving that $criu dumps and restores a process on kernel $(uname -r)"
  images=$(mktemp -d)
  setsid sleep 1000 </dev/null >/dev/null 2>&1 &
  pid=$!
  # Its end is no news for the user. (The shell still reaps it.)
  disown "$pid"
  # Until it is the leader of its own session and has become `sleep`, a dump would take something else.
  until [ "$(awk '{ print $2, $6 }' /proc/"$pid"/stat 2>/dev/null)" = "(sleep) $pid" ]; do
    kill -0 "$pid" || return 1
    sleep 0.01
  done
  (
    cd "$images" || exit 1
    "$criu" dump -t "$pid" -D "$images" -o dump.log -v4 --manage-cgroups=ignore
  ) >/dev/null 2>&1 || restored=1
  if [ "$restored" -eq 0 ]; then
    while [ -e /proc/"$pid" ]; do sleep 0.01; done
    "$criu" restore -d -D "$images" -o restore.log -v4 --manage-cgroups=ignore --pidfile "$images"/pid \
      >/dev/null 2>&1 || restored=1
    [ "$restored" -ne 0 ] || [ "$(cat /proc/"$pid"/comm 2>/dev/null)" = sleep ] || restored=1
  fi
  kill -9 "$pid" 2>/dev/null || true
  if [ "$restored" -ne 0 ]; then
    cat "$images"/dump.log "$images"/restore.log >"$CRIU_PROOF_LOG" 2>/dev/null
    grep -h 'Error' "$CRIU_PROOF_LOG" | tail -n 5 >&2
  fi
  rm -rf "$images"
  return "$restored"
}

# The proof holds for this very file on this very kernel.
proof_of() { printf '%s %s %s\n' "$1" "$(stat -L -c '%s %Y' "$1")" "$(uname -r)"; }
criu_is_proved() { [ "$(cat "$NORIKAE_TOOLS"/criu.proved 2>/dev/null)" = "$(proof_of "$1")" ]; }
remember_proof() {
  mkdir -p "$NORIKAE_TOOLS"
  proof_of "$1" >"$NORIKAE_TOOLS"/criu.proved
}

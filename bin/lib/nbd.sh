# Builds nbd-tester-client, by which the reference implementation of NBD tests its own server, and with which tests of ours test
# our server. No package has it. Sourced by bin/setup.

NBD_SOURCE_VERSION=3.26.1
NBD_SOURCE_REVISION=6.1
NBD_SOURCE_SHA256=f0cf509fa5b20b1a07f7904eb637e9b47d3e30b6ed6f00075af5d8b701c78fef
NBD_SOURCE_SUITES='trixie sid'
NBD_BUILD_PACKAGES='gcc libc6-dev pkg-config xz-utils libglib2.0-dev'
NBD_TESTER=$NORIKAE_TOOLS/nbd-tester

# provide_nbd_tester: afterwards $NBD_TESTER holds nbd-tester-client, its traces *.tr, and version. A second, once fetched.
provide_nbd_tester() {
  [ "$(cat "$NBD_TESTER"/version 2>/dev/null)" != "$NBD_SOURCE_VERSION" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "no nbd-tester-client: without apt-get the tests with it are skipped"
    return 0
  fi
  need_root "to keep nbd-tester-client in $NBD_TESTER"
  local work source lacking
  # shellcheck disable=SC2086 # a list of names
  lacking=$(lacking_packages $NBD_BUILD_PACKAGES)
  # shellcheck disable=SC2086
  [ -z "$lacking" ] || install_packages $lacking
  work=$(mktemp -d)
  say "building nbd-tester-client from the source of nbd $NBD_SOURCE_VERSION"
  # The tests say why they are skipped where there is none.
  fetch_debian_source "$work" nbd "1:$NBD_SOURCE_VERSION-$NBD_SOURCE_REVISION" \
    "nbd_$NBD_SOURCE_VERSION.orig.tar.xz" "$NBD_SOURCE_SHA256" "$NBD_SOURCE_SUITES" || {
    rm -rf "$work"
    return 0
  }
  tar -C "$work" -xf "$work"/nbd_*.orig.tar.xz
  source=$work/nbd-$NBD_SOURCE_VERSION
  mkdir -p "$work"/tester
  build_nbd_tester "$source" "$work"/tester || die "nbd-tester-client could not be built (gcc's messages are above)"
  cp "$source"/tests/run/*.tr "$work"/tester
  printf '%s\n' "$NBD_SOURCE_VERSION" >"$work"/tester/version
  mkdir -p "$NORIKAE_TOOLS"
  rm -rf "$NBD_TESTER" "$NBD_TESTER".new
  cp -r "$work"/tester "$NBD_TESTER".new
  mv -T "$NBD_TESTER".new "$NBD_TESTER"
  rm -rf "$work"
  say "installed $NBD_TESTER/nbd-tester-client"
}

# build_nbd_tester SOURCE TO: its two files by hand, for configure would take half a minute and want bison.
build_nbd_tester() {
  local flags
  cat >"$2"/config.h <<'END'
#define HAVE_GNUTLS 0
#define HAVE_MKSTEMP 1
#define NBD_LFS 1
#define SIZEOF_UNSIGNED_SHORT_INT 2
#define SIZEOF_UNSIGNED_INT 4
#define SIZEOF_UNSIGNED_LONG_INT 8
#define SIZEOF_UNSIGNED_LONG_LONG_INT 8
END
  flags=$(pkg-config --cflags --libs glib-2.0 gthread-2.0)
  # shellcheck disable=SC2086 # a list of options
  gcc -O1 -w -D_GNU_SOURCE -I"$2" -I"$1" -o "$2"/nbd-tester-client \
    "$1"/tests/run/nbd-tester-client.c "$1"/cliserv.c $flags
}

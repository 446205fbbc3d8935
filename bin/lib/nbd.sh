# Builds clients by which two projects test their own NBD servers, and with which tests of ours test ours: nbd-tester-client of
# the reference implementation, and those of libnbd's tests that take any server's socket. No package has them. Sourced by
# bin/setup.

NBD_SOURCE='nbd 3.26.1 6.1 tar.xz f0cf509fa5b20b1a07f7904eb637e9b47d3e30b6ed6f00075af5d8b701c78fef'
NBD_SOURCE_SUITES='trixie sid'
LIBNBD_SOURCE='libnbd 1.14.2 1 tar.gz 83cc3a88d63b17353275ff4c7c8dcc778437f48ca5d51caa76da415981a7a0cf'
LIBNBD_SOURCE_SUITES='bookworm'
# They run for ten seconds each as they are.
LIBNBD_TESTS='aio-parallel aio-parallel-load synch-parallel'
LIBNBD_TEST_SECONDS=3
NBD_BUILD_PACKAGES='gcc libc6-dev pkg-config xz-utils libglib2.0-dev libnbd-dev'
NBD_TESTERS=$NORIKAE_TOOLS/nbd-testers

# provide_nbd_testers: afterwards $NBD_TESTERS holds nbd-tester-client with its traces *.tr, $LIBNBD_TESTS, and sources: from
# what they were built. A few seconds, once fetched. The tests say why they are skipped where something is missing.
provide_nbd_testers() {
  local wanted="$NBD_SOURCE, $LIBNBD_SOURCE, $LIBNBD_TEST_SECONDS s" work lacking
  [ "$(cat "$NBD_TESTERS"/sources 2>/dev/null)" != "$wanted" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "no testers of NBD servers: without apt-get the tests with them are skipped"
    return 0
  fi
  need_root "to keep testers of NBD servers in $NBD_TESTERS"
  # shellcheck disable=SC2086 # a list of names
  lacking=$(lacking_packages $NBD_BUILD_PACKAGES)
  # shellcheck disable=SC2086
  [ -z "$lacking" ] || install_packages $lacking
  work=$(mktemp -d)
  mkdir -p "$work"/nbd "$work"/libnbd "$work"/new
  say "building testers of NBD servers from the sources of nbd and libnbd"
  if unpack_source "$work"/nbd "$NBD_SOURCE_SUITES" $NBD_SOURCE &&
    unpack_source "$work"/libnbd "$LIBNBD_SOURCE_SUITES" $LIBNBD_SOURCE; then
    build_nbd_testers "$work" "$work"/new || die "testers of NBD servers could not be built (gcc's messages are above)"
    printf '%s\n' "$wanted" >"$work"/new/sources
    mkdir -p "$NORIKAE_TOOLS"
    rm -rf "$NBD_TESTERS" "$NBD_TESTERS".new
    cp -r "$work"/new "$NBD_TESTERS".new
    mv -T "$NBD_TESTERS".new "$NBD_TESTERS"
    say "installed $NBD_TESTERS"
  fi
  rm -rf "$work"
}

# unpack_source DIR SUITES PACKAGE VERSION REVISION SUFFIX SHA256: puts the source into DIR/source.
unpack_source() {
  local epoch=
  [ "$3" != nbd ] || epoch=1:
  fetch_debian_source "$1" "$3" "$epoch$4-$5" "$3_$4.orig.$6" "$7" "$2" || return 1
  mkdir "$1"/source
  tar -C "$1"/source --strip-components=1 -xf "$1/$3_$4.orig.$6"
}

# build_nbd_testers WORK TO: file by file, for their configure scripts would take half a minute, and want bison.
build_nbd_testers() {
  local nbd=$1/nbd/source libnbd=$1/libnbd/source flags test
  mkdir "$1"/include
  cat >"$1"/include/config.h <<'END'
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
  gcc -O1 -w -D_GNU_SOURCE -I"$1"/include -I"$nbd" -o "$2"/nbd-tester-client \
    "$nbd"/tests/run/nbd-tester-client.c "$nbd"/cliserv.c $flags || return 1
  cp "$nbd"/tests/run/*.tr "$2"
  for test in $LIBNBD_TESTS; do
    sed -i "s/^#define RUN_TIME 10$/#define RUN_TIME $LIBNBD_TEST_SECONDS/" "$libnbd/tests/$test.c"
    gcc -O1 -w -D_GNU_SOURCE -I"$1"/include -I"$libnbd"/common/include -o "$2/$test" "$libnbd/tests/$test.c" \
      -lnbd -lpthread || return 1
  done
}

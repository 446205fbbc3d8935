# Shared by the scripts in bin/: where things are, and how to say what is wrong. Sourced by bash, never run.

NORIKAE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
NORIKAE_DIST=$NORIKAE_ROOT/target/norikae
NORIKAE_TOOLS=${NORIKAE_TOOLS:-/usr/local/lib/norikae}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die WHAT REMEDY...: says what is wrong and, line by line, what to do about it.
die() {
  local line
  say "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# is_jdk25 DIR: a whole JDK (with its compiler) of version 25 lives there. Reads a file; starts no JVM.
is_jdk25() {
  [ -x "$1/bin/javac" ] && grep -qs '^JAVA_VERSION="25[".]' "$1/release"
}

# find_jdk25: prints the home of a JDK 25, or fails.
find_jdk25() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
    if [ -n "$home" ] && is_jdk25 "$home"; then
      printf '%s\n' "$home"
      return 0
    fi
  done
  return 1
}

# find_criu: prints the CRIU that Norikae uses, or fails. bin/setup has proved that it works.
find_criu() {
  local path
  for path in "${NORIKAE_CRIU:-}" "$(command -v criu || true)" "$NORIKAE_TOOLS/criu"; do
    if [ -n "$path" ] && [ -x "$path" ] && criu_is_recent "$path"; then
      printf '%s\n' "$path"
      return 0
    fi
  done
  return 1
}

# criu_is_recent PATH: version 4.1 or later; earlier ones do not start on kernels from 6.13 on.
criu_is_recent() {
  local version
  version=$("$1" --version 2>/dev/null | sed -n 's/^Version: *\([0-9.]*\).*/\1/p')
  version_at_least "${version:-0}" 4.1
}

# version_at_least HAVE WANT: compares dotted numbers.
version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

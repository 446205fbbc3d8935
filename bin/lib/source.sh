# Fetches source packages of Debian, for programs that no package brings in the version that is needed. Sourced by bin/setup.

# fetch_debian_source DIR PACKAGE VERSION TARBALL SHA256 SUITES: puts the upstream tarball of that version into DIR, and looks
# whether it is the one that was pinned; fails, with the reason on standard error, if it is not to be had.
# The mirror is the one that this machine already uses; a private apt directory keeps its own lists untouched.
fetch_debian_source() {
  local dir=$1 package=$2 version=$3 tarball=$1/$4 sha256=$5 suites=$6 mirror suite keyring=
  mirror=$(debian_mirror) || {
    say "no Debian mirror is named in /etc/apt, so the source of $package cannot be fetched"
    return 1
  }
  [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ] ||
    keyring='Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
  for suite in $suites; do
    mkdir -p "$dir"/apt/lists/partial "$dir"/apt/cache "$dir"/apt/sources.d
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\n%s\n' "$mirror" "$suite" "$keyring" \
      >"$dir"/apt/sources.d/source.sources
    local options=(
      -o Dir::Etc::sourcelist=/dev/null
      -o Dir::Etc::sourceparts="$dir"/apt/sources.d
      -o Dir::State::lists="$dir"/apt/lists
      -o Dir::Cache="$dir"/apt/cache
      -o APT::Sandbox::User=root
    )
    apt-get "${options[@]}" update </dev/null >"$dir"/apt/"$suite".log 2>&1 || continue
    # A mirror may lack Debian's own patches, which we do not use; what counts is the tarball.
    (cd "$dir" && apt-get "${options[@]}" source --download-only \
      "$package=$version" </dev/null >>"$dir"/apt/"$suite".log 2>&1) || true
    if [ -e "$tarball" ] && printf '%s  %s\n' "$sha256" "$tarball" | sha256sum -c --status; then
      return 0
    fi
  done
  tail -n 5 "$dir"/apt/*.log >&2
  say "the source of $package $version with SHA-256 $sha256 did not arrive from $mirror" \
    "(suites tried: $suites; apt-get's last lines are above)"
  return 1
}

# debian_mirror: the first Debian mirror that this machine's apt knows.
debian_mirror() {
  local found
  found=$(
    {
      sed -n 's/^ *deb\(-src\)\{0,1\} \{1,\}\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\3/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
      sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr ' ' '\n'
    } | grep -E '/debian/?$' | head -n 1
  )
  [ -n "$found" ] && printf '%s\n' "$found"
}

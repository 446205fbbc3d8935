# Builds Norikae when its sources are newer than what lies in target/norikae. Sourced by bin/setup.

# Format and tests are for bin/test.
# build_norikae: afterwards target/norikae/lib holds every jar that the command, the agent and the demos need.
build_norikae() {
  local stamp=$NORIKAE_DIST/built
  [ ! -e "$stamp" ] || sources_are_newer "$stamp" || return 0
  say "building Norikae (the first time takes a minute or two)"
  local started
  started=$(mktemp)
  (cd "$NORIKAE_ROOT" && mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl demo-apps/lab -am install \
    </dev/null) || {
    rm -f "$started"
    die "Maven could not build Norikae (its messages are above)"
  }
  train_agent
  # The age of the sources that were built, not of the moment when the build ended.
  mkdir -p "$NORIKAE_DIST"
  touch -r "$started" "$stamp"
  rm -f "$started"
}

# train_agent: lets the JVM write down which classes an agent needs, which halves the time of every later start.
train_agent() {
  local cache=$NORIKAE_DIST/agent.aot
  say "preparing a fast start of the agent"
  rm -f "$cache" "$cache".new*
  if "$JAVA_HOME"/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dnorikae.distribution="$NORIKAE_ROOT" \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$NORIKAE_DIST/lib/*" norikae.lab.AgentTraining "$cache.new" >"$NORIKAE_DIST/training.log" 2>&1; then
    mv "$cache.new" "$cache"
  else
    rm -f "$cache".new*
    say "that did not work, so agents will start as slowly as ever; see $NORIKAE_DIST/training.log"
  fi
}

sources_are_newer() {
  [ -n "$(find "$NORIKAE_ROOT" \
    \( -name target -o -name .git -o -name docs -o -path '*/src/test' \) -prune -o \
    -type f -newer "$1" \( -name '*.java' -o -name '*.proto' -o -name 'pom.xml' -o -path '*/src/main/*' \) -print -quit)" ]
}

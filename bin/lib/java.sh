# Starts Norikae's Java programs out of target/norikae. Sourced by bin/norikae and its sisters.

# run_java MAIN OPTIONS... -- ARGUMENTS...: becomes the program.
run_java() {
  local main=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  [ -d "$NORIKAE_DIST/lib" ] || die "Norikae is not built yet" "Run $NORIKAE_ROOT/bin/setup."
  JAVA_HOME=$(find_jdk25) || die "no JDK 25 was found" "Run $NORIKAE_ROOT/bin/setup."
  export JAVA_HOME
  exec "$JAVA_HOME"/bin/java "${options[@]}" -Dnorikae.distribution="$NORIKAE_ROOT" \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$NORIKAE_DIST/lib/*" "$main" "$@"
}

# A short-lived program: the simple compiler and collector start fastest.
# Libraries log to nobody there: what a person must know is said by us.
SHORT_LIVED=(-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider -Dslf4j.internal.verbosity=ERROR
  -Djava.util.logging.config.class=norikae.agent.cli.SilentLogging
  -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto)

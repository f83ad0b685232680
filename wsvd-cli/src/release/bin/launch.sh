# Read by the launchers (bin/wsvd of a release, ./wsvd of a clone) after they have set home to their folder: finds Java and sets
# what the command is started with.

# What was typed, for the commands that messages and help suggest: found by the shell, the name alone.
typed=$0
if [ "$(command -v "${0##*/}" 2>/dev/null)" = "$0" ]; then
    typed=${0##*/}
fi
terminal=false
if [ -t 2 ]; then
    terminal=true
fi
java=$(command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java") || {
    echo "wsvd: There is no java. Maybe install a JDK 17 or newer, or set JAVA_HOME." >&2
    exit 1
}
# JDK 24 and later warn of what the ONNX classes do for speed.
quiet=
release="$(dirname "$(dirname "$(readlink -f "$java" 2>/dev/null || echo "$java")")")/release"
if grep -qE '^JAVA_VERSION="(2[4-9]|[3-9][0-9])' "$release" 2>/dev/null; then
    quiet=--sun-misc-unsafe-memory-access=allow
fi
# The serial collector takes the least time and memory, and a heap with little to spare less; another one may be asked for where Java
# takes options.
collector='-XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20'
case "${WSVD_OPTS:-} ${JDK_JAVA_OPTIONS:-} ${JAVA_TOOL_OPTIONS:-}" in
    *-XX:+Use*GC*) collector= ;;
    *HeapFreeRatio*) collector=-XX:+UseSerialGC ;;
esac

# launch CLASSPATH JVM_OPTION ARGUMENT…: starts the command. JVM_OPTION may be empty. Options for the JVM, such as -Xmx2g, go into
# WSVD_OPTS; more backends or model formats into WSVD_CLASSPATH.
launch() {
    classpath=$1${WSVD_CLASSPATH:+:$WSVD_CLASSPATH}
    option=$2
    shift 2
    # shellcheck disable=SC2086
    exec "$java" --enable-native-access=ALL-UNNAMED $quiet $collector ${option:+"$option"} "-Dwsvd.terminal=$terminal" \
        "-Dwsvd.command=$typed" ${WSVD_OPTS:-} -cp "$classpath" dev.wsvd.cli.WsvdCommand "$@"
}

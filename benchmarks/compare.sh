#!/bin/sh
# Compares measure with floors and peers, in turns, and writes results/DATE-NAME.json, RESULTS.md and the plots.
#
#   benchmarks/compare.sh [--seconds N] [--jmh] [--name NAME] [--only TEXT] [--out DIR]
#
# --seconds N    how long each figure is measured; 6 by default.
# --jmh          runs the JMH benchmarks too, and writes results/DATE-NAME-jmh.json.
# --name NAME    of this machine in names of files; by default its host name.
# --only TEXT    takes the figures whose names hold the text; --only cold takes whole processes alone.
# --out DIR      where all is written: by default the folder of this script or, so that the page there stays whole, its
#                target/compare with --only.
#
# What is installed is compared, what is not is named and skipped:
#   JAVA_17, JAVA_25          homes of JDKs; by default those of /usr/lib/jvm
#   SEV_SNP_MEASURE           a folder with virtee/sev-snp-measure at commit 8f2b337e38bc83f87cd30f3253cdfe8e3e12cc3a
#   SYSTEMD_MEASURE           systemd-measure, by default /usr/lib/systemd/systemd-measure
#   FIRMWARE                  Debian's OVMF.amdsev.fd; by default a made firmware with as many erased pages
#   EVENT_LOG                 a binary event log for tpm2_eventlog
#   libipsec-mb-dev and cc    for the floor of the page benchmark
#   openssl                   for whole processes
# Nothing else should run on the machine: a figure is a ratio, but a busy second core hides what two threads gain.
set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
root=$(dirname "$here")

usage() {
    printf 'compare.sh: %s\n' "$1" >&2
    echo 'compare.sh: see: benchmarks/compare.sh --help' >&2
    exit 2
}

seconds=6
name=$(uname -n)
only=
jmh=
out=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            sed -n '2,/^set /{/^#/{s/^# \{0,1\}//;p;};}' "$0"
            exit 0
            ;;
        --jmh) jmh=1 ;;
        --seconds | --name | --only | --out)
            [ $# -gt 1 ] && [ -n "$2" ] || usage "$1 needs a value"
            case $1 in
                --seconds) seconds=$2 ;;
                --name) name=$2 ;;
                --only) only=$2 ;;
                --out) out=$2 ;;
            esac
            shift
            ;;
        *) usage "unknown option $1" ;;
    esac
    shift
done
case $seconds in
    *[!0-9.]* | *.*.* | .) usage "--seconds: expected a number, got $seconds" ;;
esac
case $name in
    */* | .*) usage "--name: expected the name of a file, got $name" ;;
esac
if [ -z "$out" ]; then
    out=$here
    [ -z "$only" ] || out=$here/target/compare
fi

skip() { printf 'SKIPPED: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
fail() {
    printf 'compare.sh: %s\n' "$*" >&2
    exit 1
}

# A word of a shell's command.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# $1 the version, $2 the home that was given.
find_java() {
    if [ -n "$2" ]; then
        [ -x "$2/bin/java" ] || fail "JAVA_$1: there is no bin/java in $2"
        printf '%s\n' "$2"
        return
    fi
    for home in /usr/lib/jvm/*; do
        if [ -x "$home/bin/java" ] && grep -q "^JAVA_VERSION=\"$1[.\"]" "$home/release" 2>/dev/null; then
            printf '%s\n' "$home"
            return
        fi
    done
}
java17=$(find_java 17 "${JAVA_17:-}")
java25=$(find_java 25 "${JAVA_25:-}")
[ -n "$java17$java25" ] || fail 'there is neither Java 17 nor 25: give the home of a JDK in JAVA_17 or JAVA_25'
for file in "${FIRMWARE:-}" "${EVENT_LOG:-}"; do
    [ -z "$file" ] || [ -r "$file" ] || fail "$file cannot be read"
done
jar=$here/target/benchmarks.jar
cli=$root/cli/target/measure.jar
[ -f "$jar" ] && [ -f "$cli" ] || fail 'build first: mvn -DskipTests package'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
mkdir "$work/parts"
mkdir -p "$out/results"
out=$(CDPATH='' cd "$out" && pwd -P)
[ "$out" = "$here" ] || cp "$here/LIMITS.md" "$out/" # the end of the page

# Peers.
set --
imb=
if have cc && printf '#include <intel-ipsec-mb.h>\n' | cc -E - >/dev/null 2>&1; then
    cc -O2 -o "$work/ipsec_mb" "$here/peers/ipsec_mb.c" -lIPSec_MB && imb=$work/ipsec_mb
fi
if [ -n "$imb" ]; then set -- "$@" --ipsec-mb "$imb"; else skip 'ipsec-mb: cc and libipsec-mb-dev'; fi
python=
for candidate in /usr/bin/python3 python3; do
    if [ -z "$python" ] && have "$candidate"; then python=$candidate; fi
done
ssm=${SEV_SNP_MEASURE:-}
commit=8f2b337e38bc83f87cd30f3253cdfe8e3e12cc3a
if [ -n "$ssm" ]; then
    [ -f "$ssm/sev-snp-measure.py" ] || fail "SEV_SNP_MEASURE: there is no sev-snp-measure.py in $ssm"
    ssm=$(CDPATH='' cd "$ssm" && pwd -P)
    found=$(git -C "$ssm" rev-parse HEAD 2>/dev/null || echo 'an unknown commit')
    [ "$found" = "$commit" ] || printf 'compare.sh: note: sev-snp-measure is at %s, not %s\n' "$found" "$commit" >&2
fi
if [ -n "$ssm" ] && [ -n "$python" ]; then
    set -- "$@" --python "$python" --sev-snp-measure "$ssm" --peers "$here/peers"
else
    skip 'sev-snp-measure: SEV_SNP_MEASURE and python3'
fi
systemd=${SYSTEMD_MEASURE:-/usr/lib/systemd/systemd-measure}
if [ -x "$systemd" ]; then set -- "$@" --systemd-measure "$systemd"; else skip "systemd-measure: $systemd"; fi
if [ -n "${FIRMWARE:-}" ]; then set -- "$@" --firmware "$FIRMWARE"; fi

for version in 17 25; do
    eval "home=\$java$version"
    if [ -z "$home" ]; then
        skip "Java $version"
        continue
    fi
    [ "$only" != cold ] || continue
    for module in '' vector; do
        add=
        [ -z "$module" ] || add='--add-modules jdk.incubator.vector'
        # shellcheck disable=SC2086 # options are words
        "$home/bin/java" $add -Xms256m -Xmx256m -cp "$jar" dev.measure.benchmarks.Compare \
            --out "$work/parts/$version${module:+-$module}.json" --seconds "$seconds" ${only:+--only "$only"} "$@"
    done
done

# Whole processes, through the launcher, for each Java: as installed, the launcher beside its jar, since in a checkout it first looks
# for sources that are newer, which takes 2 ms.
mkdir -p "$work/installed/cli/target"
cp "$root/cli/measure" "$work/installed/cli/"
cp -p "$cli" "$work/installed/cli/target/"
cli=$work/installed/cli/target/measure.jar
head -c 209715200 /dev/urandom >"$work/linux"
mkdir "$work/empty"
printf 'public class Empty { public static void main(String[] args) {} }\n' >"$work/empty/Empty.java"
runner=${java25:-$java17}
for version in 17 25; do
    eval "home=\$java$version"
    [ -n "$home" ] || continue
    if [ -n "$only" ] && [ "$only" != cold ]; then
        skip "whole processes on Java $version: --only $only"
        continue
    fi
    "$home/bin/javac" --release 17 -d "$work/empty" "$work/empty/Empty.java" 2>/dev/null || { skip "javac of Java $version"; continue; }
    measure="JAVA_HOME=$(quoted "$home") $(quoted "$work/installed/cli/measure")"
    JAVA_HOME=$home "$work/installed/cli/measure" version >/dev/null # makes the archive
    # The launcher's.
    collector=-XX:+UseSerialGC
    [ "$version" != 17 ] || collector=-XX:+UseG1GC
    flags="-Xmx256m -XX:TieredStopAtLevel=1 -Dmeasure.digest=plain $collector -XX:-UsePerfData -Xlog:disable -Xlog:all=error:stderr"
    archive=
    for file in "$work/installed/cli/target/measure"*"-${home##*/}-$version"*-version.*; do
        case $file in
            *.aot) archive=$(quoted "-XX:AOTCache=$file") ;;
            *.jsa) archive=$(quoted "-XX:SharedArchiveFile=$file") ;;
        esac
    done
    java=$(quoted "$home/bin/java")
    empty="$java $flags -cp $(quoted "$work/empty") Empty"
    set -- "measure version / empty JVM" "$measure version" "$empty" \
        "java version / empty JVM" "$java $flags $archive -cp $(quoted "$cli") dev.measure.cli.Main version" "$empty"
    if [ -n "$ssm" ] && [ -n "$python" ] && [ -n "${FIRMWARE:-}" ]; then
        set -- "$@" "measure snp / sev-snp-measure" \
            "$measure snp --firmware $(quoted "$FIRMWARE") --vcpus 4 --vcpu-type EPYC-v4" \
            "$(quoted "$python") $(quoted "$ssm/sev-snp-measure.py") --mode snp --vcpus 4 --vcpu-type EPYC-v4 --ovmf $(quoted "$FIRMWARE")"
    else
        skip 'cold measure snp: SEV_SNP_MEASURE and FIRMWARE'
    fi
    if have tpm2_eventlog && [ -n "${EVENT_LOG:-}" ]; then
        set -- "$@" "measure eventlog show / tpm2_eventlog" "$measure eventlog show $(quoted "$EVENT_LOG") --format yaml" "tpm2_eventlog $(quoted "$EVENT_LOG")"
    else
        skip 'tpm2_eventlog: tpm2-tools and EVENT_LOG'
    fi
    pcr="$measure pcr --linux $(quoted "$work/linux") --pcr 11 --bank sha1,sha256,sha384,sha512"
    if [ -x "$systemd" ]; then
        set -- "$@" "measure pcr / systemd-measure" "$pcr" \
            "$(quoted "$systemd") calculate --linux=$(quoted "$work/linux") --bank=sha1 --bank=sha256 --bank=sha384 --bank=sha512"
    fi
    if have openssl; then
        dgst=
        for bank in sha1 sha256 sha384 sha512; do
            dgst="${dgst:+$dgst && }openssl dgst -$bank $(quoted "$work/linux")"
        done
        set -- "$@" "measure pcr in four banks / openssl dgst, a process for each bank" "$pcr" "$dgst"
    else
        skip openssl
    fi
    "$runner/bin/java" -cp "$jar" dev.measure.benchmarks.WholeProcesses "$work/parts/$version-cold.json" "$seconds" "$@"
done

json=$out/results/$(date -u +%Y-%m-%d)-$name.json
"$runner/bin/java" -cp "$jar" dev.measure.benchmarks.Report collect "$(date -u +%Y-%m-%d)" "$work/parts" "$json"
"$runner/bin/java" -cp "$jar" dev.measure.benchmarks.Report page "$json" "$out"
if [ -n "$jmh" ]; then
    "$runner/bin/java" -jar "$jar" -rff "$out/results/$(date -u +%Y-%m-%d)-$name-jmh.json"
fi
echo "written: $json, $out/RESULTS.md"

#!/bin/sh
# Compares measure with floors and peers, in turns, and writes results/DATE-HOST.json, RESULTS.md and the plots.
#
#   benchmarks/compare.sh [--seconds N] [--jmh] [--name NAME] [--only TEXT]
#
# --only TEXT takes the figures whose names hold the text; --only cold takes whole processes alone.
#
# What is installed is compared, what is not is named and skipped:
#   JAVA_17, JAVA_25          homes of JDKs; by default those of /usr/lib/jvm
#   SEV_SNP_MEASURE           a folder with virtee/sev-snp-measure at commit 8f2b337e38bc83f87cd30f3253cdfe8e3e12cc3a
#   SYSTEMD_MEASURE           systemd-measure, by default /usr/lib/systemd/systemd-measure
#   FIRMWARE                  Debian's OVMF.amdsev.fd; by default a made firmware with as many erased pages
#   EVENT_LOG                 a binary event log for tpm2_eventlog
#   libipsec-mb-dev and cc    for the floor of the page benchmark
# Nothing else should run on the machine: a figure is a ratio, but a busy second core hides what two threads gain.
set -eu
here=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
root=$(dirname "$here")
seconds=6
name=$(uname -n)
only=
jmh=
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2; shift ;;
        --name) name=$2; shift ;;
        --only) only=$2; shift ;;
        --jmh) jmh=1 ;;
        *) echo "compare.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done

skip() { printf 'SKIPPED: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

find_java() {
    for home in $1 /usr/lib/jvm/*"$2"*; do
        if [ -x "$home/bin/java" ]; then
            printf '%s\n' "$home"
            return
        fi
    done
}
java17=$(find_java "${JAVA_17:-}" 17)
java25=$(find_java "${JAVA_25:-}" 25)
jar=$here/target/benchmarks.jar
cli=$root/cli/target/measure.jar
[ -f "$jar" ] && [ -f "$cli" ] || { echo "compare.sh: build first: mvn -DskipTests package" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
mkdir "$work/parts"

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
    measure="JAVA_HOME=$home $work/installed/cli/measure"
    JAVA_HOME=$home "$work/installed/cli/measure" version >/dev/null # makes the archive
    # The launcher's.
    collector=-XX:+UseSerialGC
    [ "$version" != 17 ] || collector=-XX:+UseG1GC
    flags="-Xmx256m -XX:TieredStopAtLevel=1 -Dmeasure.digest=plain $collector -XX:-UsePerfData -Xlog:disable -Xlog:all=error:stderr"
    archive=
    for file in "$work/installed/cli/target/measure"*"-${home##*/}-$version"*-version.*; do
        case $file in
            *.aot) archive=-XX:AOTCache=$file ;;
            *.jsa) archive=-XX:SharedArchiveFile=$file ;;
        esac
    done
    empty="$home/bin/java $flags -cp $work/empty Empty"
    set -- "measure version / empty JVM" "$measure version" "$empty" \
        "java version / empty JVM" "$home/bin/java $flags $archive -cp $cli dev.measure.cli.Main version" "$empty"
    if [ -n "$ssm" ] && [ -n "$python" ] && [ -n "${FIRMWARE:-}" ]; then
        set -- "$@" "measure snp / sev-snp-measure" \
            "$measure snp --firmware $FIRMWARE --vcpus 4 --vcpu-type EPYC-v4" \
            "$python $ssm/sev-snp-measure.py --mode snp --vcpus 4 --vcpu-type EPYC-v4 --ovmf $FIRMWARE"
    else
        skip 'cold measure snp: SEV_SNP_MEASURE and FIRMWARE'
    fi
    if have tpm2_eventlog && [ -n "${EVENT_LOG:-}" ]; then
        set -- "$@" "measure eventlog show / tpm2_eventlog" "$measure eventlog show $EVENT_LOG --format yaml" "tpm2_eventlog $EVENT_LOG"
    else
        skip 'tpm2_eventlog: tpm2-tools and EVENT_LOG'
    fi
    "$runner/bin/java" -cp "$jar" dev.measure.benchmarks.WholeProcesses "$work/parts/$version-cold.json" "$seconds" "$@"
done

mkdir -p "$here/results"
json=$here/results/$(date -u +%Y-%m-%d)-$name.json
"$runner/bin/java" -cp "$jar" dev.measure.benchmarks.Report collect "$(date -u +%Y-%m-%d)" "$work/parts" "$json"
"$runner/bin/java" -cp "$jar" dev.measure.benchmarks.Report page "$json" "$here"
if [ -n "$jmh" ]; then
    "$runner/bin/java" -jar "$jar" -rff "$here/results/$(date -u +%Y-%m-%d)-$name-jmh.json"
fi
echo "written: $json, $here/RESULTS.md"

#!/usr/bin/env bash
# Fuzzes what reads foreign bytes with libFuzzer, which looks for inputs that reach new code. What it learns is kept in .build/fuzz, and the
# next run goes on from there. docs/testing.md says how to keep an input that it found.
#
#   scripts/fuzz.sh                     tells the targets
#   scripts/fuzz.sh TARGET [SECONDS] [OPTION OF LIBFUZZER…]
#   scripts/fuzz.sh all [SECONDS of each]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

targets=$(sed -n '/static let all/,/]$/p' Tests/FuzzTests/Engine/FuzzTarget.swift | grep -oE '\b[a-zA-Z0-9]+,' | tr -d ,)
if [ $# -eq 0 ]; then
    printf '%s\n' "$targets"
    exit
fi
target=$1
seconds=${2:-600}
shift $(($# > 1 ? 2 : 1))
[ "$target" = all ] || grep -qx "$target" <<<"$targets" || die "no such target: $target"
[ "$target" = all ] || targets=$target

swift=$(find_swift)
ensure_packages
scratch=.build/fuzzer
say "penstock: building with libFuzzer, into $scratch"
"$swift" build --build-tests --sanitize fuzzer --scratch-path "$scratch" \
    -Xlinker -u -Xlinker LLVMFuzzerRunDriver -Xlinker --export-dynamic
program=$scratch/debug/penstockPackageTests.xctest

for target in $targets; do
    say "penstock: fuzzing $target for $seconds s"
    home=$PWD/.build/fuzz/$target
    mkdir -p "$home/corpus" "$home/found"
    export PENSTOCK_FUZZ_TARGET=$target PENSTOCK_FUZZ_SEEDS=$home/seeds
    PENSTOCK_FUZZ_COVERAGE=$(printf '%s\n' "$home/corpus" "$home/seeds" "-max_total_time=$seconds" \
        "-artifact_prefix=$home/found/" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 "$@")
    export PENSTOCK_FUZZ_COVERAGE
    "$program" --testing-library swift-testing --filter '^FuzzTests\.FuzzingTests/' ||
        die "$target FAILED. What it failed over is in $home/found; make it shorter by" \
            "scripts/fuzz.sh $target 60 -minimize_crash=1 $home/found/…"
done

#!/usr/bin/env bash
# Fuzzes what reads foreign bytes with libFuzzer, which looks for inputs that reach new code. What it learns is kept in .build/fuzz, and the
# next run goes on from there. docs/testing.md says how to keep an input that it found.
#
#   scripts/fuzz.sh                     tells the targets
#   scripts/fuzz.sh TARGET [SECONDS] [OPTION OF LIBFUZZER…]
#   scripts/fuzz.sh all [SECONDS of each]
#   scripts/fuzz.sh shim [SECONDS]      what lies between hiredis and Swift, under the address sanitizer; takes no build
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
swift=$(find_swift)
ensure_packages

if [ "$target" = shim ]; then
    home=$PWD/.build/fuzz/shim
    mkdir -p "$home/corpus" "$home/found"
    clang=$(dirname "$(readlink -f "$swift")")/clang
    [ -x "$clang" ] || clang=clang
    "$clang" -g -O1 -Wall -fsanitize=fuzzer,address -fuse-ld=lld -o "$home/shim" scripts/fuzz/replies.c -lhiredis
    # What it prints is read only where it finds something.
    if ! "$home/shim" "$home/corpus" Tests/FuzzTests/Corpus/redisReplies "-max_total_time=$seconds" -max_len=4096 -timeout=10 \
        "-artifact_prefix=$home/found/" "$@" >"$home/log" 2>&1; then
        cat "$home/log" >&2
        die "FAILED: what the shim failed over is in $home/found"
    fi
    tail -n 1 "$home/log"
    exit
fi

[ "$target" = all ] || grep -qx "$target" <<<"$targets" || die "no such target: $target"
[ "$target" = all ] || targets=$target

scratch=.build/fuzzer
say "penstock: building with libFuzzer and the address sanitizer, into $scratch"
# Not `--sanitize fuzzer`: that links libFuzzer with a main of its own beside the one of the tests.
library=$(ls "$(dirname "$(readlink -f "$swift")")"/../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-"$(uname -m)".a)
"$swift" build --build-tests --sanitize address --scratch-path "$scratch" \
    -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table -Xswiftc -use-ld=lld \
    -Xlinker -u -Xlinker LLVMFuzzerRunDriver -Xlinker --export-dynamic -Xlinker "$library" -Xlinker -lstdc++
# libFuzzer tells of crashes itself; there are no leaks in a process that ends in the middle of everything.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
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

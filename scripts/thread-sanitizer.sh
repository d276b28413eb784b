#!/usr/bin/env bash
# Runs tests under the thread sanitizer, which tells of threads that touch the same memory at the same time: in the tests' process, and in every
# program that the tests start. A report fails the run, whatever the tests themselves say.
#
#   scripts/thread-sanitizer.sh                         the unit tests
#   scripts/thread-sanitizer.sh TARGET… [-- OPTION…]    e.g. EndToEndTests; options are those of the tests' program
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

targets=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    targets+=("$1")
    shift
done
[ $# -eq 0 ] || shift
[ "${#targets[@]}" -gt 0 ] || targets=(SharedTests FrontendTests WorkerTests ClientTests)

swift=$(find_swift)
scratch=$PWD/.build/thread-sanitizer
say "penstock: building the tests with the thread sanitizer"
"$swift" build --build-tests --sanitize thread --scratch-path "$scratch" ||
    die "FAILED: the tests do not build with the thread sanitizer."

# Swift's clang: another one may not know Swift's calling convention.
clang=$(dirname "$(readlink -f "$swift")")/clang
[ -x "$clang" ] || clang=clang
"$clang" -shared -fPIC -O1 -o "$scratch/mutex.so" scripts/thread-sanitizer/mutex.c

reports=$scratch/reports
rm -rf "$reports"
mkdir -p "$reports"
export TSAN_OPTIONS="halt_on_error=1:log_path=$reports/report:suppressions=$PWD/scripts/thread-sanitizer/suppressions.txt"

failed=()
for target in "${targets[@]}"; do
    # Some of them count on connections that are made within seconds, which many at once are not while every access is watched.
    options=()
    [ "$target" != IntegrationTests ] || options=(--no-parallel)
    say "penstock: testing $target under the thread sanitizer"
    output=$scratch/$target.log
    if ! LD_PRELOAD=$scratch/mutex.so "$scratch/debug/penstockPackageTests.xctest" --testing-library swift-testing \
        --filter "^$target\\." "${options[@]}" "$@" 2>&1 | tee "$output"; then
        failed+=("$target")
    elif ! grep -qE 'Test run with [1-9][0-9]* tests?' "$output"; then
        say "penstock: no test ran"
        failed+=("$target")
    fi
done

if [ -n "$(ls "$reports")" ]; then
    cat "$reports"/* >&2
    die "FAILED: the thread sanitizer found what is reported above (kept in $reports)."
fi
for target in "${failed[@]}"; do what_failed "$target" "$scratch/$target.log" >&2; done
[ "${#failed[@]}" -eq 0 ] || die "FAILED under the thread sanitizer: ${failed[*]}"

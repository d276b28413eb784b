#!/usr/bin/env bash
# Measures the numbers that Penstock is to reach, each beside the raw part that it is compared with, and prints one table.
#
#   scripts/bars.sh                                    all of it: some minutes, on a machine that has nothing else to do
#   scripts/bars.sh --quick                            a short round of each
#   scripts/bars.sh --only unmerged natural --json bars.json
#
# Options are those of `penstock-bench bars`, see there and in docs/performance.md; --skip-build, as the first, measures what is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

swift=$(find_swift)
ensure_packages
if [ "${1:-}" = --skip-build ]; then
    shift
else
    say "penstock: building (release); the first time takes some minutes"
    for product in penstock-frontend penstock-worker penstock-loadtest penstock-bench; do
        "$swift" build -c release --product "$product" >&2 || die "the build of $product failed."
    done
fi
bin=$("$swift" build -c release --show-bin-path)
for program in penstock-frontend penstock-worker penstock-loadtest penstock-bench; do
    [ -x "$bin/$program" ] || die "$bin/$program is not built."
done

# What was measured, unless the options say it.
commit=$(git describe --always --dirty 2>/dev/null || echo "no commit")
compiler=$("$swift" --version 2>/dev/null | sed -nE 's/.*(Swift version [0-9.]+).*/\1/p' | head -n 1)
exec "$bin/penstock-bench" bars --label "$commit, $compiler" "$@"

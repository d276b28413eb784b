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

run_bench bars "$@"

#!/usr/bin/env bash
# Measures how the cost of Penstock grows: with streams, viewers, frontends, workers, token rate, length of answers, and of stops beside load.
#
#   scripts/scale.sh                                   all of it: some ten minutes, on a machine that has nothing else to do
#   scripts/scale.sh --quick                           fewer points, a short look at each
#   scripts/scale.sh --rounds 3 --json docs/performance/scale.json --plots docs/performance
#
# Options are those of `penstock-bench scale`, see there and in docs/performance.md; --skip-build, as the first, measures what is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

run_bench scale "$@"

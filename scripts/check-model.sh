#!/usr/bin/env bash
# Checks the model of the stop and takeover protocol (Models/stop.pml) with spin: every property in every setting, then that each
# mutation of the protocol breaks the property named for it. Fails if anything comes out otherwise.
#
#   scripts/check-model.sh             everything, about a minute
#   scripts/check-model.sh --trace M   the counterexample to mutation M (as M_NO_SEAL), step by step
set -euo pipefail
cd "$(dirname "$0")/.."

model=$PWD/Models/stop.pml
megabytes=1500 # that a check may take
seconds=300    # that a check may take, on a machine that is busy otherwise

for tool in spin cc; do
    command -v "$tool" >/dev/null || { echo "check-model: $tool is missing (apt-get install spin gcc)" >&2; exit 2; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-model.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The settings: who takes part, and how much goes wrong.
declare -A settings=(
    [workers]="-DREADERS=0 -DWORKERS=2 -DFAULTS=3 -DTROUBLES=0"
    [workers-2]="-DREADERS=0 -DWORKERS=2 -DFAULTS=2 -DTROUBLES=0"
    [workers-1]="-DREADERS=0 -DWORKERS=2 -DFAULTS=1 -DTROUBLES=0"
    [bare]="-DREADERS=0 -DWORKERS=2 -DFAULTS=1 -DTROUBLES=0 -DBARE"
    [bare-2]="-DREADERS=0 -DWORKERS=2 -DFAULTS=2 -DTROUBLES=0 -DTOKENS=1 -DBARE"
    [reader]="-DREADERS=1 -DWORKERS=1 -DFAULTS=0 -DTROUBLES=2"
    [lossy]="-DREADERS=1 -DWORKERS=1 -DFAULTS=0 -DTROUBLES=2 -DLOSSY -DREPAIRED"
    [reader-1]="-DREADERS=1 -DWORKERS=1 -DFAULTS=1 -DTROUBLES=1 -DTOKENS=1"
    [takeover]="-DREADERS=1 -DWORKERS=2 -DFAULTS=1 -DTROUBLES=0 -DTOKENS=1"
    [two-readers]="-DREADERS=2 -DWORKERS=1 -DFAULTS=0 -DTROUBLES=0 -DTOKENS=1"
)

# The formulas; every other property is an assertion of the model.
is_formula() { case $1 in accepted_is_settled | asked_is_acknowledged | ended_is_told) true ;; *) false ;; esac }

# check SETTING WHAT EXTRA PAN: runs pan in $work/<n>; WHAT is `safety`, all assertions at once, or a formula. Leaves `states`
# and `broken`, the names of what does not hold.
checks=0
check() {
    mkdir "$work/$checks"
    pushd "$work/$checks" >/dev/null
    # shellcheck disable=SC2086
    spin -a ${settings[$1]} $3 "$model" >spin.log 2>&1 || { cat spin.log >&2; exit 2; }
    local options="-DSAFETY -DNOCLAIM" run=$4 name
    if is_formula "$2"; then options=-DNOFAIR run+=" -a -N $2"; fi
    # shellcheck disable=SC2086
    cc -w -O2 $options -DMEMLIM=$megabytes -o pan pan.c
    # Of the many violations of one assertion, one line.
    # shellcheck disable=SC2086
    timeout $seconds ./pan -m10000 -w20 $run 2>&1 | sed -E 's/^pan:[0-9]+: (.*) \(at depth.*/pan: \1/' | awk '!seen[$0]++' >out || true
    states=$(sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1/p' out)
    broken=$(sed -nE 's/^pan: assertion violated \(?([a-z_]+).*/\1/p; s/^pan: acceptance cycle.*/'"$2"'/p' out | sort -u | tr '\n' ' ')
    # Cut short by time, memory or depth, or wrong in another way: that is not a verdict.
    if ! grep -q 'errors: ' out || grep -qE 'max search depth too small|out of memory|reached -DMEMLIM' out; then
        broken=unfinished
    elif [ -z "$broken" ] && ! grep -q 'errors: 0' out; then
        broken=error
    fi
    popd >/dev/null
}

report() { printf '%-7s %-23s %-12s %8s states%s\n' "$1" "$2" "$3" "${states:-?}" "${4:+: $4}"; }

# holds SETTING WHAT EXTRA
holds() {
    check "$1" "$2" "${3:-}" ""
    if [ -z "$broken" ]; then
        report holds "$2${3:+ $3}" "$1"
    else
        report BROKEN "$2${3:+ $3}" "$1" "$broken"
    fi
}

# breaks VERDICT NAME SETTING PROPERTY: with -DNAME the property must not hold.
breaks() {
    if is_formula "$4"; then check "$3" "$4" "-D$2" ""; else check "$3" safety "-D$2" -c0; fi
    if [[ " $broken" == *" $4 "* ]]; then
        report "$1" "$2" "$3" "$broken"
    else
        report MISSED "$2" "$3" "$4 should not hold; broken: ${broken:-nothing}"
    fi
}

# both COMMAND…: runs it beside at most one other. Its line is kept for the end, in order.
both() {
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
    checks=$((checks + 1))
    "$@" >"$work/verdict.$(printf %03d $checks)" &
}

# verdict | what is changed | setting | a property that breaks. `open`: the code is like that still.
mutations() {
    cat <<'TABLE'
caught M_LATE_SUBSCRIBE workers-2 accepted_is_settled
caught M_NO_SEAL workers-2 sealed_gets_nothing
caught M_NO_FENCE workers-1 fenced_writes_nothing
caught M_CLAIM_BLIND workers-1 sealed_gets_nothing
caught M_MARKER_LAST workers-1 log_is_whole
caught M_FINISH_BLIND workers-2 accepted_is_cancelled
caught M_RELEASE_BLIND workers-2 stop_never_queues
caught M_PUBLISH_FIRST reader-1 signal_is_durable
caught M_PAIR reader-1 client_holds_the_saved
caught M_IGNORE_HOLES lossy client_reads_in_order
caught M_NO_READ_AFTER_RESUME reader ended_is_told
caught M_EMPTY_PAGE reader ended_is_told
caught M_NO_FLUSH reader acknowledged_is_saved
caught M_RELEASE_UNRECORDED bare-2 heard_is_not_forgotten
caught M_ENDING_UNTOLD bare-2 heard_is_not_forgotten
open LOSSY reader acknowledged_is_saved
TABLE
}

if [ "${1:-}" = --trace ]; then
    read -r _ name setting property < <(mutations | grep " ${2:?the name of a mutation} ") ||
        { echo "check-model: no such mutation" >&2; exit 2; }
    if is_formula "$property"; then what=$property; else what=safety; fi
    check "$setting" "$what" "-D$name" ""
    cd "$work/$checks"
    # shellcheck disable=SC2086
    spin -k stop.pml.trail -t -p -g -l ${settings[$setting]} "-D$name" "$model" | grep -v '^ltl'
    exit
fi

for setting in takeover workers bare reader reader-1; do both holds "$setting" safety; done
for setting in workers-2 bare; do both holds "$setting" accepted_is_settled; done
for property in accepted_is_settled asked_is_acknowledged ended_is_told; do both holds reader "$property"; done
both holds two-readers ended_is_told
both holds lossy safety
both holds bare-2 safety
while read -r verdict name setting property; do both breaks "$verdict" "$name" "$setting" "$property"; done < <(mutations)
wait
cat "$work"/verdict.*

# Every check has come to a verdict, and none to a bad one.
good=$(cat "$work"/verdict.* | grep -cE '^(holds|caught|open) ' || true)
if [ "$good" = "$checks" ]; then
    echo "check-model: the protocol holds, and every mutation is caught"
else
    echo "check-model: FAILED: $((checks - good)) of $checks checks"
    exit 1
fi

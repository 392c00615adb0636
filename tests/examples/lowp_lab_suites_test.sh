#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# lowp_lab_suites_test.sh <lowp_lab> <items> [<folder of the other networks>]: every suite on the bundled network, with every
# kind of report; the first and the last suite on each other network that is there (LOWP_LAB_DATA, if set, names their
# folder). For sanitized builds, where a finding ends the program.
set -eu
program=$1
items=$2
data=${LOWP_LAB_DATA:-${3:-}}
. "$(dirname "$0")/from_outside.sh"

# 1. All suites that the program names, at once: what they print, and that each is in the report to the end.
run --list-suites
suites=$(awk 'NR > 1 { print $1 }' "$scratch/out")
[ "$(echo "$suites" | wc -l)" -ge 9 ] || report 'fewer suites than there were'
arguments=''
for suite in $suites; do
  arguments="$arguments --suite $suite"
done
accepted '^nvfp4 ' --quick --network fashion --items "$items" --threads 2 $arguments --json "$scratch/all.json" \
  --csv "$scratch/all.csv" --html "$scratch/all.html"
for suite in $suites; do
  grep -q "\"$suite\"" "$scratch/all.json" || report "the report lacks the suite $suite"
done
grep -q '"interrupted": false' "$scratch/all.json" || report 'the report says that the run was interrupted'

# 2. The others: convolutions of another shape, an LSTM, a transformer with its cache.
for network in mnist silero stories260K; do
  "$program" --network "$network" --data "$data" --items 1 --scheme int8/row >"$scratch/out" 2>&1 </dev/null ||
    if [ $? = 2 ] && grep -Eq -e "--data says|lacks some of" "$scratch/out"; then
      echo "skipped $network: not in '$data' (LOWP_LAB_DATA)"
      continue
    fi
  accepted '^int8/' --quick --network "$network" --data "$data" --items 4 --threads 2 --suite overview --suite per-layer
done

echo "$count runs of lowp_lab, $failed failures"
[ "$failed" = 0 ]

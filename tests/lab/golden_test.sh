#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# golden_test.sh [--write] <lowp_lab> [<data>]: what the lab finds is what it found before. Every file of golden/ begins with
# the command that made it and holds the table of that command without its times; the command is run again and each figure
# compared, to 9 digits (libraries disagree about the last bits of exp and log). <data>, or the variable LOWP_LAB_DATA, is the
# folder of the networks that are not bundled; without it only the bundled one is looked at.
#
# --write replaces the files instead. Read the difference before you commit it: a figure moved because somebody meant it to.
set -eu
write=no
if [ "${1:-}" = --write ]; then
  write=yes
  shift
fi
program=$1
data=${2:-${LOWP_LAB_DATA:-}}
golden=$(dirname "$0")/golden
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
count=0

for file in "$golden"/*.csv; do
  name=$(basename "$file")
  command=$(head -n 1 "$file")
  arguments=${command#\# lowp_lab }
  case $arguments in
    *'--data DATA '*)
      [ -n "$data" ] || { echo "skipped $name: no data (LOWP_LAB_DATA)"; continue; }
      folder="--data $data"
      arguments=${arguments#--data DATA }
      ;;
    *) folder= ;;
  esac
  # shellcheck disable=SC2086 # the arguments are words
  if ! "$program" $folder $arguments >"$scratch/table" 2>"$scratch/errors"; then
    echo "FAILED $name: $command"
    cat "$scratch/errors"
    failed=$((failed + 1))
    continue
  fi
  # Times are the third column from the end, in which no field holds a comma.
  { echo "$command" && awk 'BEGIN { FS = OFS = "," } { $(NF - 2) = NR == 1 ? "-" : ""; print }' "$scratch/table"; } >"$scratch/new"
  if [ "$write" = yes ]; then
    cp "$scratch/new" "$file"
    continue
  fi
  count=$((count + $(wc -l <"$file") - 2))
  awk -v name="$name" '
    function differs(a, b) {
      if (a == b) return 0
      if (a !~ /^-?[0-9.]+(e-?[0-9]+)?$/ || b !~ /^-?[0-9.]+(e-?[0-9]+)?$/) return 1
      size = a < 0 ? -a : a + 0
      return a - b > 1e-9 * size || b - a > 1e-9 * size
    }
    NR == FNR { line[FNR] = $0; lines = FNR; next }
    {
      n = split(line[FNR], was, ",")
      now = split($0, is, ",")
      for (i = 1; i <= n || i <= now; ++i)
        if (differs(was[i], is[i])) {
          print "FAILED " name ":" FNR ": column " i " is " is[i] ", was " was[i] ": " line[FNR]
          bad = 1
          break
        }
    }
    END { if (lines != FNR || lines < 3) { print "FAILED " name ": " FNR " lines, were " lines; bad = 1 } exit bad }
  ' "$file" "$scratch/new" || failed=$((failed + 1))
done
[ "$write" = yes ] || echo "$count treatments compared, $failed files differ"
[ "$failed" = 0 ]

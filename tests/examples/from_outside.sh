# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the tests that look at a program from outside: $program is run, what it must do is said by accepted and refused.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset COLUMNS NO_COLOR
LC_ALL=C
export LC_ALL
failed=0
count=0

report() {
  echo "FAILED: $1"
  sed 's/^/  out: /' "$scratch/out" | head -n 20
  sed 's/^/  err: /' "$scratch/err" | head -n 20
  failed=$((failed + 1))
}

# run <argument>...: leaves the exit code in $code, the streams in out and err
run() {
  count=$((count + 1))
  code=0
  "$program" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
}

# accepted <extended regular expression> <argument>...: must end well, say nothing on stderr and print that
accepted() {
  pattern=$1
  shift
  run "$@"
  if [ "$code" != 0 ] || [ -s "$scratch/err" ] || ! grep -Eq -e "$pattern" "$scratch/out"; then
    report "[$*] exit code $code, expected 0 and on stdout: $pattern"
  fi
}

# refused <extended regular expression> <argument>...: must end with 2, nothing on stdout and one line like that on stderr
refused() {
  pattern=$1
  shift
  run "$@"
  if [ "$code" != 2 ] || [ -s "$scratch/out" ] || [ "$(wc -l <"$scratch/err")" -ne 1 ] ||
    ! grep -Eq -e "$pattern" "$scratch/err"; then
    report "[$*] exit code $code, expected 2 and one line on stderr: $pattern"
  fi
}

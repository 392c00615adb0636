#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_tree.sh [root]: the rules of the source tree that a compiler does not check. Prints file:line: rule for each
# breach and exits 1 if there was one. tests/budget/check_tree_test.sh shows that each rule can fail.
set -eu
root=${1:-.}
cd "$root"

findings=$(mktemp)
edges=$(mktemp)
trap 'rm -f "$findings" "$edges"' EXIT

if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
  files=$(git ls-files -co --exclude-standard)
else
  files=$(find . -name build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||')
fi
list() { printf '%s\n' "$files" | grep -E "$1" | while IFS= read -r f; do [ ! -f "$f" ] || printf '%s\n' "$f"; done; }

# 1. What a header may include, define and say.
#
# A layer includes lower layers only; files of one room include each other without a circle; doors (the files directly in
# include/lowp) are included by lowp.hpp alone. Two exceptions: kernel/dispatch.hpp includes isa/list.hpp, and a folder
# of isa/ includes itself and its parent's folder.
list '^include/lowp/.*\.hpp$' | awk -v edges="$edges" '
function found(rule) { print file ":" line ": " rule }
function room_of(path,   parts, n) { n = split(path, parts, "/"); return n == 1 ? "door" : parts[1] }
function isa_of(path,   parts, n) { n = split(path, parts, "/"); return n == 3 ? parts[2] : "" }
function descends(from, to) { while (from != "" && from != to) from = parent[from]; return from == to }
function check_lowp(target,   from, to) {
  print me, target > edges
  uses[me] = uses[me] " " target
  from = room_of(me); to = room_of(target)
  if (to == "door") {
    if (me != "lowp.hpp") found("includes the door " target "; only lowp.hpp may")
    return
  }
  if (!(to in layer)) { found("includes " target ", whose room has no layer in cmake/check_tree.sh"); return }
  if (from == "door") return
  if (me == "kernel/dispatch.hpp" && target == "isa/list.hpp") return
  if (from == to) {
    if (isa_of(me) != "" && !descends(isa_of(me), isa_of(target)))
      found("isa/" isa_of(me) " includes " target ", which is neither its own nor an ancestor\047s")
    return
  }
  if (layer[to] >= layer[from]) found(from " (layer " layer[from] ") includes " target " (layer " layer[to] ")")
}
function check_other(name, quoted,   room) {
  room = room_of(me)
  if (quoted) { found("includes \"" name "\"; headers are named <lowp/...>"); return }
  if (name ~ /^(iostream|chrono|random|regex|iomanip)$/) { found("includes <" name ">"); return }
  if (name == "format") { if (me != "text.hpp") found("includes <format>; only text.hpp may"); return }
  if (name ~ /^fmt\//) { if (me != "fmt.hpp") found("includes <" name ">; only fmt.hpp may"); return }
  if (name ~ /^(unsupported\/)?Eigen\//) { if (room != "ptq") found("includes <" name ">; only ptq/ may"); return }
  if (name ~ /^tbb\// || name == "omp.h") { if (room != "parallel") found("includes <" name ">; only parallel/ may"); return }
  if (name ~ /intrin\.h$/ || name ~ /^arm_.*\.h$/ || name ~ /^riscv_.*\.h$/) {
    if (room != "isa") found("includes <" name ">; intrinsics live in isa/")
    return
  }
  if (name ~ /[.\/]/) { if (room != "kernel" && room != "isa") found("includes <" name ">, which no C++ standard names"); return }
  if (name ~ /^(bit|compare|concepts|cstddef|cstdint|limits|type_traits)$/) return
  # std::hash must be declared to be specialised; these are the smallest headers that declare it.
  if (me == "format/hash.hpp" && name ~ /^(coroutine|typeindex)$/) return
  dear[me] = dear[me] " <" name ">"
  # Layers 0 to 3 are what a fact or a cast costs to include. Spans and errors enter with pack/,
  # three headers of base/ and the run-time twin of a format.
  if (room in layer && layer[room] <= 3 && room != "pack" && me !~ /^(base\/(error|result|tensor_view|view)|codec\/any_format)\.hpp$/)
    found("layer " layer[room] " includes <" name ">")
}
# The two doors that promise to be cheap stay so through whatever they reach.
function check_cheap(door, at,   targets, n, i) {
  if (seen[door, at]++) return
  if (at in dear) found("reaches " at ", which includes" dear[at])
  n = split(uses[at], targets, " ")
  for (i = 1; i <= n; ++i) check_cheap(door, targets[i])
}
BEGIN {
  n = split("base 0 format 1 random 1 policy 2 codec 3 pack 3 text 4 scale 4 ggml 4 kernel 5 isa 6 quant 7 parallel 7 " \
            "gemm 8 measure 8 calibrate 8 io 8 ptq 9", words, " ")
  for (i = 1; i < n; i += 2) layer[words[i]] = words[i + 1]
}
{ headers[++header_count] = $0 }
END {
  for (h = 1; h <= header_count; ++h) {  # the tree of ISAs, from their own words
    file = headers[h]
    if (file !~ /\/isa\/[^\/]*\/target\.hpp$/) continue
    split(file, parts, "/")
    while ((getline text < file) > 0)
      if (text ~ /using +parent *=/) { sub(/.*parent *= */, "", text); sub(/;.*/, "", text); sub(/.*::/, "", text); parent[parts[4]] = text }
    close(file)
  }
  for (h = 1; h <= header_count; ++h) {
    file = headers[h]
    me = file; sub(/^include\/lowp\//, "", me)
    line = 0; once = 0
    room = room_of(me)
    if (room != "door" && !(room in layer)) { line = 1; found("the room " room " has no layer in cmake/check_tree.sh") }
    while ((getline text < file) > 0) {
      ++line
      if (text ~ /^[ \t]*#[ \t]*include/) {
        name = text
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
        quoted = name ~ /^"/
        sub(/^[<"]/, "", name); sub(/[>"].*/, "", name)
        if (!quoted && name ~ /^lowp\//) { sub(/^lowp\//, "", name); check_lowp(name) } else check_other(name, quoted)
      }
      if (text ~ /^#pragma once/) once = 1
      if (text ~ /^[ \t]*#[ \t]*define/ && me != "base/config.hpp" && me !~ /^isa\/[^\/]*\/target\.hpp$/)
        found("defines a macro; base/config.hpp is their home")
      if (text ~ /__attribute__|__declspec|\[\[(gnu|clang|msvc)::|#[ \t]*pragma[ \t]+(GCC|clang)/ && me != "base/config.hpp" && room != "isa")
        found("a compiler\047s own attribute; base/config.hpp names them")
    }
    close(file)
    line = 1
    if (!once) found("no #pragma once")
  }
  line = 1
  file = "include/lowp/format.hpp"; check_cheap("format.hpp", "format.hpp")
  file = "include/lowp/cast.hpp"; check_cheap("cast.hpp", "cast.hpp")
}' >>"$findings"

# tsort complains about a circle and prints its members.
circle=$(tsort "$edges" 2>&1 >/dev/null | sed 's/^tsort: //' | tr '\n' ' ')
[ -z "$circle" ] || echo "include/lowp:0: headers include each other in a circle: $circle" >>"$findings"

# 2. Every source file says its licence.
list '(\.(hpp|cpp|sh|cmake|in|clang-format|clang-tidy)|(^|/)CMakeLists\.txt|^\.ci/run)$' | grep -vE '\.pc\.in$' |
  while IFS= read -r f; do
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f:1: no SPDX line in the first three"
  done >>"$findings"

# 3. Names that say nothing.
printf '%s\n' "$files" | grep -E '(^|[/_.-])(util|utils|helper|helpers|common|misc|impl2|new|nextgen|old)([/_.-]|$)' |
  sed 's|$|:0: a name that does not say what is inside|' >>"$findings" || :

# 4. No path of one person's machine.
list . | while IFS= read -r f; do
  grep -nIE '(^|[^A-Za-z0-9_.~}])/(home|root|Users|work|farm)/' "$f" | sed "s|^\([0-9]*\):.*|$f:\1: a path of somebody's machine|" || :
done >>"$findings"

# 5. Booleans are never template parameters.
list '^include/lowp/.*\.hpp$' | while IFS= read -r f; do
  grep -nE 'template *<([^>]*, *)?bool +[A-Za-z]' "$f" | sed "s|^\([0-9]*\):.*|$f:\1: a bool template parameter; name the two choices|" || :
done >>"$findings"

if [ -s "$findings" ]; then
  sort -t: -k1,1 -k2,2n "$findings"
  echo "$(wc -l <"$findings" | tr -d ' ') breaches of the tree's rules"
  exit 1
fi

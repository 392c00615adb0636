#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_tree_test.sh <check_tree.sh>: a small tree that keeps every rule must pass. Then files that break one rule each are
# added to it, and each must be named, with the right words, while no file of the good tree is.
set -eu
check=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
failed=0
count=0

fail() {
  echo "$1"
  failed=$((failed + 1))
}

# write <path in the tree>: the file gets what comes on standard input
write() {
  case $1 in */*) mkdir -p "$tree/${1%/*}" ;; esac
  cat >"$tree/$1"
}

# header <path under include/lowp> <line>...: a header of these lines
header() {
  path=$1
  shift
  printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '#pragma once' "$@" | write "include/lowp/$path"
}

# breach <path under include/lowp> <words> <line>...: the same, and the finding that the header must cause
breach() {
  printf '%s\n' "include/lowp/$1:|$2" >>"$scratch/expected"
  path=$1
  shift 2
  header "$path" "$@"
}
# Likewise for a file elsewhere: breach_file <path> <words>, the file comes on standard input
breach_file() {
  printf '%s\n' "$1:|$2" >>"$scratch/expected"
  write "$1"
}

# 1. The tree that keeps every rule.
header base/config.hpp '#define LOWP_X 1'
header base/error.hpp '#include <string>'
header format/facts.hpp '#include <bit>' '#include <lowp/base/config.hpp>'
header format/hash.hpp '#include <coroutine>' '#include <lowp/format/facts.hpp>'
header codec/encode.hpp '#include <lowp/format/hash.hpp>'
header pack/span.hpp '#include <span>' '#include <lowp/format/facts.hpp>' '#include <lowp/base/error.hpp>'
header kernel/slots.hpp '#include <lowp/pack/span.hpp>' '#include <lowp/codec/encode.hpp>'
header kernel/dispatch.hpp '#include <lowp/isa/list.hpp>'
header isa/portable/target.hpp 'struct portable {};'
header isa/avx2/target.hpp '#include <immintrin.h>' 'struct avx2 { using parent = isa::portable; };'
header isa/avx2/decode.hpp '#include <lowp/isa/portable/target.hpp>' '#include <lowp/kernel/slots.hpp>'
header isa/neon/target.hpp 'struct neon { using parent = portable; };'
header isa/list.hpp '#include <lowp/isa/avx2/target.hpp>' '#include <lowp/isa/neon/target.hpp>'
header quant/quantize.hpp '#include <vector>' '#include <lowp/kernel/dispatch.hpp>'
header format.hpp '#include <lowp/format/hash.hpp>'
header cast.hpp '#include <lowp/codec/encode.hpp>'
header text.hpp '#include <format>'
header lowp.hpp '#include <lowp/format.hpp>' '#include <lowp/cast.hpp>' '#include <lowp/quant/quantize.hpp>'
(cd "$tree" && find . -type f) | sed 's|^\./||' >"$scratch/good"
sh "$check" "$tree" || fail 'the good tree was refused'

# 2. What can be broken by one file alone.
breach base/bits.hpp 'base (layer 0) includes format/facts.hpp (layer 1)' '#include <lowp/format/facts.hpp>'
breach random/r.hpp 'random (layer 1) includes format/facts.hpp (layer 1)' '#include <lowp/format/facts.hpp>'
breach kernel/cpu.hpp 'kernel (layer 5) includes isa/list.hpp (layer 6)' '#include <lowp/isa/list.hpp>'
breach codec/door.hpp 'includes the door format.hpp' '#include <lowp/format.hpp>'
breach quantize.hpp 'includes the door format.hpp' '#include <lowp/format.hpp>'
breach stray/x.hpp 'the room stray has no layer'
breach quant/stray.hpp 'whose room has no layer' '#include <lowp/stray/x.hpp>'
breach isa/neon/decode.hpp "neither its own nor an ancestor's" '#include <lowp/isa/avx2/target.hpp>'
breach quant/stream.hpp 'includes <iostream>' '#include <iostream>'
breach text/format.hpp 'only text.hpp may' '#  include <format>'
breach quant/fmt.hpp 'only fmt.hpp may' '#include <fmt/format.h>'
breach quant/eigen.hpp 'only ptq/ may' '#include <Eigen/Dense>'
breach quant/omp.hpp 'only parallel/ may' '#include <omp.h>'
breach kernel/simd.hpp 'intrinsics live in isa/' '#include <immintrin.h>'
breach kernel/neon.hpp 'intrinsics live in isa/' '#include <arm_neon.h>'
breach io/posix.hpp 'which no C++ standard names' '#include <unistd.h>'
breach io/quotes.hpp 'headers are named <lowp/...>' '#include "lowp/base/config.hpp"'
breach codec/vector.hpp 'layer 3 includes <vector>' '#include <vector>'
breach codec/coroutine.hpp 'layer 3 includes <coroutine>' '#include <coroutine>'
breach quant/macro.hpp 'defines a macro' '  # define LOWP_Y 1'
breach quant/attribute.hpp 'own attribute' '[[gnu::always_inline]] inline void f();'
breach quant/pragma.hpp 'own attribute' '#pragma GCC optimize "fast-math"'
breach quant/bool.hpp 'bool template parameter' 'template <class T, bool Fast> struct s;'
breach base/bit_helper.hpp 'does not say what is inside'
echo '// SPDX-License-Identifier: Apache-2.0' | breach_file include/lowp/quant/once.hpp 'no #pragma once'
echo 'int main() {}' | breach_file examples/main.cpp 'no SPDX line'
echo | breach_file examples/CMakeLists.txt 'no SPDX line'
echo | breach_file docs/utils/x.md 'does not say what is inside'
printf 'see /%s/me/x\n' home | breach_file docs/x.md "a path of somebody's machine"

if sh "$check" "$tree" >"$scratch/findings" 2>&1; then
  fail 'the broken tree was not refused'
fi
while IFS='|' read -r path words; do
  count=$((count + 1))
  grep -F -- "$words" "$scratch/findings" | grep -q "^$path" || fail "not found: $path $words"
done <"$scratch/expected"
while IFS= read -r path; do
  ! grep "^$path:" "$scratch/findings" || fail "a finding in a file that keeps the rules: $path"
done <"$scratch/good"

# 3. What takes two files: circles, and a cheap door that reaches a dear header.
refuses() {
  count=$((count + 1))
  sh "$check" "$tree" 2>&1 | grep -qF -- "$1" || fail "not found: $1"
}
for path in $(sed 's/:|.*//' "$scratch/expected"); do rm "$tree/$path"; done
header policy/a.hpp '#include <lowp/policy/b.hpp>'
header policy/b.hpp '#include <lowp/policy/a.hpp>'
refuses 'in a circle'
refuses 'policy/b.hpp'
rm "$tree/include/lowp/policy/"*
header isa/list.hpp '#include <lowp/isa/avx2/decode.hpp>'
header kernel/slots.hpp '#include <lowp/kernel/dispatch.hpp>'
header format/facts.hpp '#include <lowp/base/error.hpp>'
refuses 'in a circle'
refuses 'reaches base/error.hpp, which includes <string>'

echo "$count rules shown to fail; $failed complaints"
[ "$failed" = 0 ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# check_tree_test.sh <check_tree.sh>: a small tree that keeps every rule must pass, and must fail with the right words
# after each of the single changes below.
set -eu
check=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
count=0

# header <path under include/lowp> <line>...: writes a header of these lines
header() {
  mkdir -p "$scratch/tree/include/lowp/$(dirname "$1")"
  path=$scratch/tree/include/lowp/$1
  shift
  printf '%s\n' '// SPDX-License-Identifier: Apache-2.0' '#pragma once' "$@" >"$path"
}

make_good_tree() {
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
}
good_tree() { rm -rf "$scratch/tree" && cp -R "$scratch/good" "$scratch/tree"; }

# refuses <words of the finding> : the tree as it stands must be refused with these words
refuses() {
  count=$((count + 1))
  if output=$(sh "$check" "$scratch/tree" 2>&1); then
    echo "NOT REFUSED: $1"
    failed=$((failed + 1))
  elif ! printf '%s\n' "$output" | grep -qF -- "$1"; then
    echo "REFUSED, but without saying '$1':"
    printf '%s\n' "$output"
    failed=$((failed + 1))
  fi
  good_tree
}

make_good_tree
cp -R "$scratch/tree" "$scratch/good"
if ! sh "$check" "$scratch/tree"; then
  echo "the good tree was refused"
  exit 1
fi

header base/bits.hpp '#include <lowp/format/facts.hpp>';            refuses 'base (layer 0) includes format/facts.hpp (layer 1)'
header policy/a.hpp '#include <lowp/policy/b.hpp>'
header policy/b.hpp '#include <lowp/policy/a.hpp>';                 refuses 'in a circle'
header random/r.hpp '#include <lowp/format/facts.hpp>';             refuses 'random (layer 1) includes format/facts.hpp (layer 1)'
header codec/x.hpp '#include <lowp/format.hpp>';                    refuses 'includes the door format.hpp'
header quantize.hpp '#include <lowp/format.hpp>';                   refuses 'includes the door format.hpp'
header stray/x.hpp;                                                 refuses 'the room stray has no layer'
header kernel/cpu.hpp '#include <lowp/isa/list.hpp>';               refuses 'kernel (layer 5) includes isa/list.hpp (layer 6)'
header isa/neon/decode.hpp '#include <lowp/isa/avx2/target.hpp>';   refuses 'neither its own nor its parent'
header kernel/slots.hpp '#include <lowp/kernel/dispatch.hpp>'
header isa/avx2/decode.hpp '#include <lowp/kernel/slots.hpp>'
header isa/list.hpp '#include <lowp/isa/avx2/decode.hpp>';          refuses 'in a circle'
header quant/x.hpp '#include <iostream>';                           refuses 'includes <iostream>'
header text/x.hpp '#  include <format>';                            refuses 'only text.hpp may'
header text.hpp '#include <fmt/format.h>';                          refuses 'only fmt.hpp may'
header quant/x.hpp '#include <Eigen/Dense>';                        refuses 'only ptq/ may'
header quant/x.hpp '#include <omp.h>';                              refuses 'only parallel/ may'
header kernel/x.hpp '#include <immintrin.h>';                       refuses 'intrinsics live in isa/'
header io/x.hpp '#include <unistd.h>';                              refuses 'which no C++ standard names'
header io/x.hpp '#include "lowp/base/config.hpp"';                  refuses 'headers are named <lowp/...>'
header codec/x.hpp '#include <vector>';                             refuses 'layer 3 includes <vector>'
header codec/x.hpp '#include <coroutine>';                          refuses 'layer 3 includes <coroutine>'
header format/facts.hpp '#include <lowp/base/error.hpp>';           refuses 'reaches base/error.hpp, which includes <string>'
header quant/x.hpp '  # define LOWP_Y 1';                           refuses 'defines a macro'
header quant/x.hpp '[[gnu::always_inline]] inline void f();';       refuses 'own attribute'
header quant/x.hpp '#pragma GCC optimize "fast-math"';              refuses 'own attribute'
header quant/x.hpp 'template <class T, bool Fast> struct s;';       refuses 'bool template parameter'
header quant/x.hpp; sed -i.bak '/pragma/d' "$scratch/tree/include/lowp/quant/x.hpp"; refuses 'no #pragma once'
echo 'int main() {}' >"$scratch/tree/main.cpp";                     refuses 'main.cpp:1: no SPDX line'
echo >"$scratch/tree/CMakeLists.txt";                               refuses 'CMakeLists.txt:1: no SPDX line'
header base/bit_helper.hpp;                                         refuses 'does not say what is inside'
mkdir "$scratch/tree/utils"; echo >"$scratch/tree/utils/x.md";      refuses 'does not say what is inside'
echo "see $(printf '/%s/me/x' home)" >"$scratch/tree/README.md";    refuses 'README.md:1: a path of somebody'

echo "$count rules shown to fail, $failed of them did not"
[ "$failed" = 0 ]

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# spill_test.sh <c++ compiler> <include directory> <scratch directory>: the tiles of the matrix products must keep their sums in
# registers. Compiles them with -O2, disassembles, and fails if the innermost loop of a tile (one that multiplies) reads or
# writes a vector on the stack. Prints the loops that it looked at. x86-64 and AArch64, also by a cross compiler.
set -eu
compiler=$1 include=$2 scratch=$3
mkdir -p "$scratch"
machine=$("$compiler" -dumpmachine)
case $machine in x86_64-* | aarch64-*) ;; *) echo "SKIPPED no tiles for $machine"; exit 0 ;; esac
objdump=objdump
[ "${machine%%-*}" = "$(uname -m)" ] || objdump=${machine%%-*}-linux-gnu-objdump
command -v "$objdump" >/dev/null || { echo "SKIPPED no $objdump"; exit 0; }

cat >"$scratch/tiles.cpp" <<'END'
#include <lowp/kernel/dispatch.hpp>
namespace k = lowp::kernel;
// An address taken is a kernel emitted.
k::gemm_kernels const* all_tiles(int i) {
  k::gemm_kernels const* const kernels[] = {
#if LOWP_NEON
      k::gemm_slot<lowp::isa::neon_dotprod, k::operand::int8>::kernels(),
      k::gemm_slot<lowp::isa::neon, k::operand::int8>::kernels(),
      k::gemm_slot<lowp::isa::neon, k::operand::float32>::kernels()};
#else
      k::gemm_slot<lowp::isa::avx512_bf16, k::operand::bfloat16>::kernels(),
      k::gemm_slot<lowp::isa::avx512, k::operand::float32>::kernels(),
      k::gemm_slot<lowp::isa::avx512_vnni, k::operand::int8>::kernels(),
      k::gemm_slot<lowp::isa::avx_vnni, k::operand::int8>::kernels(),
      k::gemm_slot<lowp::isa::avx2, k::operand::int8>::kernels(),
      k::gemm_slot<lowp::isa::avx2, k::operand::float32>::kernels()};
#endif
  return kernels[i];
}
END
"$compiler" -std=c++20 -O2 -g0 -I"$include" -c "$scratch/tiles.cpp" -o "$scratch/tiles.o"

"$objdump" -d --no-show-raw-insn -C "$scratch/tiles.o" | awk '
function number(hex,   i, n) { n = 0; for (i = 1; i <= length(hex); ++i) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1; return n }
function finish(   i, j, target, inner, products, spills) {
  for (i = 1; i <= count; ++i) {
    if (!(i in to) || !(to[i] in at) || at[to[i]] > i) continue  # backward jumps: loops
    target = at[to[i]]; products = 0; spills = 0; inner = 0
    for (j = target; j <= i; ++j) {
      if (j < i && (j in to) && (to[j] in at) && at[to[j]] >= target && at[to[j]] <= j) inner = 1
      if (text[j] ~ /vpdpbusd|vdpbf16ps|vfmadd|vpmaddubsw|vpmaddwd|fmla|sdot|smlal|smull/) ++products
      if (text[j] ~ /[yz]mm/ && text[j] ~ (framed ? "\\(%r[sb]p" : "\\(%rsp")) ++spills
      if (text[j] ~ /[ \t](ld|st)[a-z0-9]*[ \t]+\{?[vqd][0-9].*\[(sp|x29)/) ++spills
    }
    if (inner || products < 8) continue  # a tile of one row has registers to spare
    ++loops
    if (spills) { ++bad; printf "SPILLS %3d of %3d products: %s\n", spills, products, name }
    else printf "ok         %3d products: %s\n", products, name
  }
}
/^[0-9a-f]+ <.*>:$/ { if (name ~ /tile</) finish(); split("", text); split("", to); split("", at); count = 0; framed = 0; name = $0; sub(/^[^<]*</, "", name); sub(/>:$/, "", name); sub(/\(lowp.*/, "", name); next }
/^ *[0-9a-f]+:/ {
  address = $1; sub(/:$/, "", address); ++count; at[number(address)] = count; text[count] = $0
  if ($2 ~ /^j/) to[count] = number($3)
  if ($2 ~ /^(b|b\..*)$/) to[count] = number($3)
  if ($2 ~ /^cbn?z$/) to[count] = number($4)
  if ($2 ~ /^tbn?z$/) to[count] = number($5)
  if ($2 == "mov" && $3 == "%rsp,%rbp") framed = 1  # otherwise rbp is a register like any other
}
END { if (name ~ /tile</) finish(); print loops + 0 " loops, " bad + 0 " with vectors on the stack"; exit loops == 0 || bad > 0 }'

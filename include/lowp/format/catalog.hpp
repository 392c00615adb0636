// SPDX-License-Identifier: Apache-2.0
//
// The formats with a name, spelled as the field spells them (ml_dtypes, OCP, PTX): a line and a source each.
// Suffixes: f finite, no infinity; n one special NaN; uz unsigned zero; a last u no sign.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/int_n.hpp>
#include <lowp/format/minifloat.hpp>

namespace lowp::inline LOWP_ABI {

// 8 bits
using e5m2 = minifloat<5, 2>;                             // OCP OFP8 1.0, table 1: max 57344
using e4m3fn = minifloat<4, 3, 7, specials::fn>;          // OCP OFP8 1.0, table 1: max 448
using e4m3 = minifloat<4, 3>;                             // LLVM Float8E4M3, IEEE-like: max 240
using e3m4 = minifloat<3, 4>;                             // LLVM Float8E3M4, IEEE-like: max 15.5
using e3m4fn = minifloat<3, 4, 3, specials::fn>;          // arXiv 2309.14592 (FP8 PTQ), one NaN: max 30
using e5m2fnuz = minifloat<5, 2, 16, specials::fnuz>;     // arXiv 2206.02915 (Graphcore, AMD): max 57344
using e4m3fnuz = minifloat<4, 3, 8, specials::fnuz>;      // arXiv 2206.02915 (Graphcore, AMD): max 240
using e4m3b11fnuz = minifloat<4, 3, 11, specials::fnuz>;  // LLVM Float8E4M3B11FNUZ: max 30
using e8m0fnu = minifloat<8, 0, 127, specials::exponent, sign_bit::absent>;  // OCP MX 1.0, 5.4.1: 2^-127 .. 2^127

// Scale types of NVFP4 and its variant: unsigned, one NaN
using ue4m3 = minifloat<4, 3, 7, specials::fn, sign_bit::absent>;   // PTX ISA, .ue4m3: 7 bits, max 448
using ue5m3 = minifloat<5, 3, 15, specials::fn, sign_bit::absent>;  // PTX ISA 13.4, Float8E5M3FNU: max 114688

// 6 and 4 bits, no specials
using e3m2fn = minifloat<3, 2, 3, specials::finite>;  // OCP MX 1.0, 5.3.2: max 28
using e2m3fn = minifloat<2, 3, 1, specials::finite>;  // OCP MX 1.0, 5.3.2: max 7.5
using e2m1fn = minifloat<2, 1, 1, specials::finite>;  // OCP MX 1.0, 5.3.3: max 6
using e3m0fn = minifloat<3, 0, 3, specials::finite>;  // ZeroQuant-FP, arXiv 2307.09782: max 16

// 16 bits
using bfloat16 = minifloat<8, 7>;  // binary32 cut to 8 bits of precision
using float16 = minifloat<5, 10>;  // IEEE 754-2019 binary16

// Integers
using int8 = int_n<8>;
using int7 = int_n<7>;
using int6 = int_n<6>;
using int5 = int_n<5>;
using int4 = int_n<4>;
using int3 = int_n<3>;
using int2 = int_n<2>;
using uint8 = uint_n<8>;
using uint7 = uint_n<7>;
using uint6 = uint_n<6>;
using uint5 = uint_n<5>;
using uint4 = uint_n<4>;
using uint3 = uint_n<3>;
using uint2 = uint_n<2>;
using uint1 = uint_n<1>;

// Tables
using nf4 = codebook<nf4_table>;          // QLoRA, arXiv 2305.14314
using af4 = codebook<af4_table>;          // arXiv 2306.06965, block 64
using bnb_fp4 = codebook<bnb_fp4_table>;  // bitsandbytes "fp4"

}  // namespace lowp::inline LOWP_ABI

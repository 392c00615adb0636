// SPDX-License-Identifier: Apache-2.0
//
// Every ISA lowp owns kernels for, best first: a tag comes before its parent. Adding one is a folder and a line here.
// The list depends on architecture and compiler alone, never on -m flags, so that all units of a program agree.
#pragma once

#include <concepts>
#include <cstddef>

#include <lowp/base/config.hpp>
#include <lowp/isa/amx_int8/gemm.hpp>
#include <lowp/isa/amx_int8/target.hpp>
#include <lowp/isa/avx2/affine.hpp>
#include <lowp/isa/avx2/decode.hpp>
#include <lowp/isa/avx2/dense.hpp>
#include <lowp/isa/avx2/encode.hpp>
#include <lowp/isa/avx2/gemm.hpp>
#include <lowp/isa/avx2/nonlinear.hpp>
#include <lowp/isa/avx2/quantize.hpp>
#include <lowp/isa/avx2/row.hpp>
#include <lowp/isa/avx2/scales.hpp>
#include <lowp/isa/avx2/search.hpp>
#include <lowp/isa/avx2/target.hpp>
#include <lowp/isa/avx512/affine.hpp>
#include <lowp/isa/avx512/decode.hpp>
#include <lowp/isa/avx512/encode.hpp>
#include <lowp/isa/avx512/gemm.hpp>
#include <lowp/isa/avx512/nonlinear.hpp>
#include <lowp/isa/avx512/quantize.hpp>
#include <lowp/isa/avx512/row.hpp>
#include <lowp/isa/avx512/scales.hpp>
#include <lowp/isa/avx512/search.hpp>
#include <lowp/isa/avx512/target.hpp>
#include <lowp/isa/avx512_bf16/gemm.hpp>
#include <lowp/isa/avx512_bf16/target.hpp>
#include <lowp/isa/avx512_vbmi/decode.hpp>
#include <lowp/isa/avx512_vbmi/encode.hpp>
#include <lowp/isa/avx512_vbmi/gemm.hpp>
#include <lowp/isa/avx512_vbmi/target.hpp>
#include <lowp/isa/avx512_vnni/gemm.hpp>
#include <lowp/isa/avx512_vnni/target.hpp>
#include <lowp/isa/avx_vnni/gemm.hpp>
#include <lowp/isa/avx_vnni/target.hpp>
#include <lowp/isa/neon/decode.hpp>
#include <lowp/isa/neon/dense.hpp>
#include <lowp/isa/neon/encode.hpp>
#include <lowp/isa/neon/gemm.hpp>
#include <lowp/isa/neon/quantize.hpp>
#include <lowp/isa/neon/row.hpp>
#include <lowp/isa/neon/scales.hpp>
#include <lowp/isa/neon/target.hpp>
#include <lowp/isa/neon_dotprod/gemm.hpp>
#include <lowp/isa/neon_dotprod/target.hpp>
#include <lowp/isa/portable/affine.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/isa/portable/encode.hpp>
#include <lowp/isa/portable/gemm.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/isa/portable/row.hpp>
#include <lowp/isa/portable/scales.hpp>
#include <lowp/isa/portable/search.hpp>
#include <lowp/isa/portable/target.hpp>

namespace lowp::inline LOWP_ABI::isa {

template <class... Tags>
struct tag_list {
  static constexpr std::size_t size = sizeof...(Tags);
};

#if LOWP_X86
using list = tag_list<amx_int8, avx512_bf16, avx512_vbmi, avx512_vnni, avx512, avx_vnni, avx2, portable>;
#elif LOWP_NEON
using list = tag_list<neon_dotprod, neon, portable>;
#else
using list = tag_list<portable>;
#endif

/// Position of a tag in the list; its size for a tag that is not in it.
template <class Tag, class... Tags>
constexpr std::size_t index_in(tag_list<Tags...>) noexcept {
  std::size_t index = 0;
  static_cast<void>(((std::same_as<Tag, Tags> || (++index, false)) || ...));
  return index;
}

namespace detail {

template <class... Tags>
constexpr bool children_first(tag_list<Tags...> all) noexcept {
  auto const precedes = [all]<class Tag>(Tag*) {
    if constexpr (requires { typename Tag::parent; }) {
      return index_in<Tag>(all) < index_in<typename Tag::parent>(all);
    } else {
      return true;
    }
  };
  return (precedes(static_cast<Tags*>(nullptr)) && ...);
}

}  // namespace detail

static_assert(detail::children_first(list{}), "lowp: every ISA tag stands before its parent in isa::list");

}  // namespace lowp::inline LOWP_ABI::isa

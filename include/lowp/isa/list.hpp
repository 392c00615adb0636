// SPDX-License-Identifier: Apache-2.0
//
// Every ISA lowp owns kernels for, best first: a tag comes before its parent. Adding one is a folder and a line here.
// The list depends on the architecture alone, never on -m flags, so that all units of a program agree.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/isa/portable/encode.hpp>
#include <lowp/isa/portable/quantize.hpp>
#include <lowp/isa/portable/target.hpp>

namespace lowp::inline LOWP_ABI::isa {

template <class... Tags>
struct tag_list {};

using list = tag_list<portable>;

}  // namespace lowp::inline LOWP_ABI::isa

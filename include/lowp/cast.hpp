// SPDX-License-Identifier: Apache-2.0
//
// Door: cast<To>(x, rounding, overflow), decode, and arithmetic. Scalar, constexpr, no container, no error type.
#pragma once

#include <lowp/codec/arithmetic.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/decode.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/classify.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/p3109.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/profile.hpp>
#include <lowp/policy/rounding.hpp>

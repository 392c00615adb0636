// SPDX-License-Identifier: Apache-2.0
//
// The one home of macros: version, namespace, and the compiler attributes that have no standard spelling.
// None of them changes what a function computes.
#pragma once

#define LOWP_VERSION_MAJOR 0
#define LOWP_VERSION_MINOR 1
#define LOWP_VERSION_PATCH 0

/// LOWP_ABI names the inline namespace around everything. A unit built without exceptions reports errors through
/// another mechanism than one built with them, so the two must not share inline functions: they get two namespaces,
/// and an attempt to mix them is a link error instead of a silent choice by the linker.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define LOWP_HAS_EXCEPTIONS 1
#define LOWP_ABI v0
#else
#define LOWP_HAS_EXCEPTIONS 0
#define LOWP_ABI v0_noexcept
#endif

/// LOWP_ALWAYS_INLINE: the codec takes a format as a constant argument; it is fast only once that is folded in.
#if defined(__GNUC__) || defined(__clang__)
#define LOWP_ALWAYS_INLINE [[gnu::always_inline]] inline
#else
#define LOWP_ALWAYS_INLINE inline
#endif

/// LOWP_LAUNDER_FLOAT(x): the compiler must materialise `x` here and forget how it was made. Under -ffast-math this is
/// what keeps a division a division (no reciprocal product) and under -ffp-contract=fast a product a product.
/// LOWP_TRUSTED_FLOAT: with that, a float operation is rounded once, to float. Elsewhere (x87, unknown compilers) the
/// library divides and multiplies in integers.
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#define LOWP_LAUNDER_FLOAT(x) __asm__("" : "+x"(x))
#define LOWP_TRUSTED_FLOAT 1
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
#define LOWP_LAUNDER_FLOAT(x) __asm__("" : "+w"(x))
#define LOWP_TRUSTED_FLOAT 1
#else
#define LOWP_LAUNDER_FLOAT(x) static_cast<void>(x)
#define LOWP_TRUSTED_FLOAT 0
#endif

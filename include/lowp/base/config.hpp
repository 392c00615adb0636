// SPDX-License-Identifier: Apache-2.0
//
// The one home of macros: version, namespace, and the compiler attributes that have no standard spelling.
// None of them changes what a function computes.
#pragma once

#define LOWP_VERSION_MAJOR 0
#define LOWP_VERSION_MINOR 1
#define LOWP_VERSION_PATCH 0

/// LOWP_ABI names the inline namespace around everything. A unit built without exceptions reports errors through
/// another mechanism than one built with them, and one built with LOWP_PORTABLE_ONLY has other kernels, so they must not
/// share inline functions: they get namespaces of their own, and an attempt to mix them is a link error instead of a
/// silent choice by the linker.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define LOWP_HAS_EXCEPTIONS 1
#else
#define LOWP_HAS_EXCEPTIONS 0
#endif
#if LOWP_HAS_EXCEPTIONS && !defined(LOWP_PORTABLE_ONLY)
#define LOWP_ABI v0
#elif LOWP_HAS_EXCEPTIONS
#define LOWP_ABI v0_portable
#elif !defined(LOWP_PORTABLE_ONLY)
#define LOWP_ABI v0_noexcept
#else
#define LOWP_ABI v0_portable_noexcept
#endif

/// LOWP_ALWAYS_INLINE: the codec takes a format as a constant argument; it is fast only once that is folded in.
#if defined(__GNUC__) || defined(__clang__)
#define LOWP_ALWAYS_INLINE [[gnu::always_inline]] inline
#else
#define LOWP_ALWAYS_INLINE inline
#endif

/// LOWP_LAUNDER_FLOAT(x): the compiler must materialise `x` here and forget how it was made. Under -ffast-math this is
/// what keeps sums in order and under -ffp-contract=fast a product a product.
/// LOWP_LAUNDER_FLOATS(x, y): both at once, so that the barrier on a loop's invariant divisor y depends on x and stays in
/// the loop: a barrier on y alone is hoisted, and the division becomes a product with its reciprocal.
/// LOWP_TRUSTED_FLOAT: with that, a float operation is rounded once, to float. Elsewhere (x87, unknown compilers) the
/// library divides and multiplies in integers.
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#define LOWP_LAUNDER_FLOAT(x) __asm__("" : "+x"(x))
#define LOWP_LAUNDER_FLOATS(x, y) __asm__("" : "+x"(x), "+x"(y))
#define LOWP_TRUSTED_FLOAT 1
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
#define LOWP_LAUNDER_FLOAT(x) __asm__("" : "+w"(x))
#define LOWP_LAUNDER_FLOATS(x, y) __asm__("" : "+w"(x), "+w"(y))
#define LOWP_TRUSTED_FLOAT 1
#else
#define LOWP_LAUNDER_FLOAT(x) static_cast<void>(x)
#define LOWP_LAUNDER_FLOATS(x, y) static_cast<void>(x), static_cast<void>(y)
#define LOWP_TRUSTED_FLOAT 0
#endif

/// LOWP_LAUNDER_ARRAY(a): the same for an array in memory, so that the loops around it may still become vectors.
#if defined(__GNUC__) || defined(__clang__)
#define LOWP_LAUNDER_ARRAY(a) __asm__("" : "+m"(a))
#else
#define LOWP_LAUNDER_ARRAY(a) static_cast<void>(a)
#endif

/// LOWP_LAUNDER_BITS(u): under -ffast-math LLVM 18 and later turn an integer test on a float's bits back into a float test,
/// which it then answers as if NaNs and infinities did not exist (and without it, as if DAZ did not). Here they lose track
/// of where the integer came from.
#if defined(__clang__) && __clang_major__ >= 17
#define LOWP_LAUNDER_BITS(u) __asm__("" : "+r"(u))
#else
#define LOWP_LAUNDER_BITS(u) static_cast<void>(u)
#endif

/// LOWP_TARGET_BEGIN(FLAGS) .. LOWP_TARGET_END: functions defined between may use these instructions, whatever flags the
/// unit is compiled with; templates keep the target wherever they are instantiated. Never #include inside.
#define LOWP_PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define LOWP_TARGET_BEGIN(FLAGS) LOWP_PRAGMA(clang attribute push(__attribute__((target(FLAGS))), apply_to = function))
#define LOWP_TARGET_END LOWP_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
// GCC 12 takes the deliberately undefined operand of its own AVX-512 intrinsics for a mistake (its bug 105593), and at -O0
// its intrinsics are macros whose masks change their signs.
#define LOWP_TARGET_BEGIN(FLAGS)                          \
  LOWP_PRAGMA(GCC push_options)                           \
  LOWP_PRAGMA(GCC target(FLAGS))                          \
  LOWP_PRAGMA(GCC diagnostic push)                        \
  LOWP_PRAGMA(GCC diagnostic ignored "-Wsign-conversion") \
  LOWP_PRAGMA(GCC diagnostic ignored "-Wuninitialized")   \
  LOWP_PRAGMA(GCC diagnostic ignored "-Wmaybe-uninitialized")
#define LOWP_TARGET_END LOWP_PRAGMA(GCC diagnostic pop) LOWP_PRAGMA(GCC pop_options)
#else
#define LOWP_TARGET_BEGIN(FLAGS)
#define LOWP_TARGET_END
#endif

/// LOWP_X86: kernels for x86-64 can be compiled. It depends on architecture and compiler alone. LOWP_PORTABLE_ONLY
/// leaves only the portable path; a program defines it for all of its units or for none.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__)) && !defined(LOWP_PORTABLE_ONLY)
#define LOWP_X86 1
#else
#define LOWP_X86 0
#endif

/// LOWP_NEON: kernels for little-endian AArch64 can be compiled; likewise.
#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__)) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && \
    !defined(LOWP_PORTABLE_ONLY)
#define LOWP_NEON 1
#else
#define LOWP_NEON 0
#endif

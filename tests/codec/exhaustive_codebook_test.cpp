// SPDX-License-Identifier: Apache-2.0
//
// The proof by exhaustion for codebooks, through cast_into: the scalar cast compares wide integers and would take hours.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/codec/cast.hpp>
#include <lowp/quant/cast_into.hpp>

#include "support/catch.hpp"
#include "support/exhaustive.hpp"
#include "support/format_types.hpp"
#include "support/oracle_policies.hpp"

namespace exhaustive_codebook_test {

namespace exhaustive = oracle::exhaustive;

namespace {

using oracle::code;

template <class F, class Policy>
exhaustive::job make_job(const oracle::format& described, const Policy& p) {
  return exhaustive::make_job(described, p, [r = p.r, o = p.o](std::uint32_t base, code expected, code* codes) {
    std::array<float, exhaustive::block_size> in;
    std::array<F, exhaustive::block_size> out;
    for (std::uint32_t i = 0; i < exhaustive::block_size; ++i) in[i] = std::bit_cast<float>(base + i);
    lowp::cast_into(in, out, r, o);
    code difference = 0;
    for (std::size_t i = 0; i < exhaustive::block_size; ++i) {
      codes[i] = lowp::to_bits(out[i]);
      difference |= codes[i] ^ expected;
    }
    return difference;
  });
}

/// nearest_even/saturate for each codebook, and toward_zero, to_odd, nearest_away with other overflows.
std::vector<exhaustive::job> make_jobs() {
  std::vector<exhaustive::job> jobs;
  oracle::for_each_indexed(lowp_test::codebooks, [&]<class F, std::size_t I>(lowp_test::named_format<F> f,
                                                                             std::integral_constant<std::size_t, I>) {
    const auto described = oracle::codebook(
        std::string(f.name), std::vector<double>(std::begin(F::table::values), std::end(F::table::values)));
    jobs.push_back(make_job<F>(described, oracle::rotated_policy<0>()));
    constexpr std::array<std::size_t, 3> pairs{11, 23, 1};
    jobs.push_back(make_job<F>(described, oracle::rotated_policy<pairs[I]>()));
  });
  return jobs;
}

}  // namespace

TEST_CASE("exhaustive: 2^32 floats, every codebook of the catalogue", "[long]") { exhaustive::prove_all(make_jobs()); }

TEST_CASE("exhaustive: the ends of every run and a stride, every codebook of the catalogue") {
  for (const auto& j : make_jobs()) exhaustive::sample(j);
}

}  // namespace exhaustive_codebook_test

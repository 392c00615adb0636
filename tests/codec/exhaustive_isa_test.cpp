// SPDX-License-Identifier: Apache-2.0
//
// The proof by exhaustion for the bulk kernels: all 2^32 floats through cast_into on every ISA that this CPU has, for
// every named format of at most 8 bits under nearest_even/saturate. The scalar cast: exhaustive_test.cpp.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/codec/cast.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/quant/cast_into.hpp>

#include "support/catch.hpp"
#include "support/exhaustive.hpp"
#include "support/format_types.hpp"
#include "support/oracle_policies.hpp"

namespace exhaustive_isa_test {

namespace exhaustive = oracle::exhaustive;

namespace {

using oracle::code;

struct isa {
  std::string name;
  std::size_t position;  // in lowp::isa::list
};

/// Whether a tag has a kernel of its own for codes of a byte each; the others inherit one that is proven already.
template <class Tag>
constexpr bool owns_encode() {
  return std::is_same_v<
      typename lowp::kernel::encode_slot<Tag, lowp::e4m3fn, lowp::bit_order::padded, lowp::rounding::nearest_even,
                                         lowp::overflow::saturate>::served_by,
      Tag>;
}

template <class... Tags>
std::vector<isa> available(lowp::isa::tag_list<Tags...>) {
  std::vector<isa> all;
  std::size_t position = 0;
  (((Tags::available() && owns_encode<Tags>() ? all.push_back({Tags::name, position}) : void()), ++position), ...);
  return all;
}

/// One job for each ISA.
template <class F>
void add_jobs(std::vector<exhaustive::job>& jobs, std::string_view name) {
  constexpr auto p = oracle::rotated_policy<0>();
  for (const auto& on : available(lowp::isa::list{})) {
    auto described = oracle::by_name(name);
    described.name += " on " + on.name;
    jobs.push_back(
        exhaustive::make_job(described, p, [position = on.position](std::uint32_t base, code expected, code* codes) {
          const lowp::isa_pin pin(position);
          std::array<float, exhaustive::block_size> in;
          std::array<F, exhaustive::block_size> out;
          for (std::uint32_t i = 0; i < exhaustive::block_size; ++i) in[i] = std::bit_cast<float>(base + i);
          lowp::cast_into(in, out);
          code difference = 0;
          for (std::size_t i = 0; i < exhaustive::block_size; ++i) {
            codes[i] = lowp::to_bits(out[i]);
            difference |= codes[i] ^ expected;
          }
          return difference;
        }));
  }
}

std::vector<exhaustive::job> make_jobs() {
  std::vector<exhaustive::job> jobs;
  lowp_test::for_each_format(lowp_test::narrow_minifloats,
                             [&]<class F>(lowp_test::named_format<F> f) { add_jobs<F>(jobs, f.name); });
  lowp_test::for_each_format(lowp_test::integers,
                             [&]<class F>(lowp_test::named_format<F> f) { add_jobs<F>(jobs, f.name); });
  return jobs;
}

}  // namespace

TEST_CASE("exhaustive: 2^32 floats, bulk casts to every named format on every ISA", "[long]") {
  exhaustive::prove_all(make_jobs());
}

TEST_CASE("exhaustive: the ends of every run and a stride, bulk casts to every named format on every ISA") {
  const auto jobs = make_jobs();
  CHECK(jobs.size() == 30 * available(lowp::isa::list{}).size());
  for (const auto& j : jobs) exhaustive::sample(j);
}

}  // namespace exhaustive_isa_test

// SPDX-License-Identifier: Apache-2.0
// also built: fast_math native
#include "isa/quantize_agreement.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include <lowp/quantize.hpp>

using namespace isa_test;

TEST_CASE("quantize and dequantize equal portable: per tensor, channel and block", "[isa]") {
  check_scheme<lowp::int8_per_channel>("int8/channel");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_tensor>>("e4m3fn/tensor");
  check_scheme<lowp::scheme<lowp::e4m3fn, lowp::per_channel<1>>>("e4m3fn/column");
  check_scheme<lowp::scheme<lowp::e5m2, lowp::per_block<2, 48>, lowp::scale::absmax<float>, lowp::rounding::up,
                            lowp::overflow::nonsaturating>>("e5m2/2x48 up");
  // Infinities stay, so quotients are tested for them: under -ffast-math an optimiser may know that there are none.
  check_scheme<lowp::scheme<lowp::e5m2, lowp::per_channel<0>, lowp::scale::absmax<lowp::bfloat16>,
                            lowp::rounding::nearest_even, lowp::overflow::saturate_finite>>("e5m2/channel finite");
}

TEST_CASE("quantize and dequantize equal portable: groups", "[isa]") {
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<128>>>("int4/g128");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>>>("int4/g32");
  check_scheme<lowp::scheme<lowp::int4, lowp::per_group<3>>>("int4/g3");
  check_scheme<lowp::scheme<lowp::nf4, lowp::per_group<64>>>("nf4/g64");
  check_scheme<lowp::mxfp4>("mxfp4");
  check_scheme<lowp::mxfp8_e5m2>("mxfp8_e5m2");
  check_scheme<lowp::nvfp4>("nvfp4");
  check_scheme<
      lowp::scheme<lowp::e4m3fn, lowp::per_group<16>, lowp::scale::absmax<float>, lowp::rounding::stochastic_hash>>(
      "e4m3fn/g16 stochastic");
}

TEST_CASE("quantize and dequantize equal portable: dense odd widths", "[isa]") {
  check_scheme<lowp::mxfp6_e3m2>("mxfp6_e3m2");
  check_scheme<lowp::scheme<lowp::int3, lowp::per_group<128>>>("int3/g128");
  check_scheme<lowp::scheme<lowp::int5, lowp::per_group<33>>>("int5/g33");
  check_scheme<lowp::scheme<lowp::int6, lowp::per_group<200>>>("int6/g200");
  check_scheme<lowp::scheme<lowp::int7, lowp::per_group<131>>>("int7/g131");
  check_scheme<lowp::scheme<lowp::uint1, lowp::per_channel<0>>>("uint1/channel");
}

TEST_CASE("the least E8M0 scale, 2^-127, is read exactly", "[isa]") {
  for (vector_isa const& isa : vector_isas()) {
    INFO(isa.name);
    lowp::isa_pin const pin(isa.position);
    lowp::kernel::fp_env const environment;  // for what is expected
    lowp::quantized_matrix<lowp::mxfp8_e5m2> q(2, 128);
    for (std::size_t i = 0; i < 256; ++i) q.view().codes[i] = static_cast<std::uint8_t>(i);
    for (std::size_t i = 0; i < 8; ++i) q.view().scales[i] = lowp::from_bits<lowp::e8m0fnu>(0);
    std::vector<float> out(256);
    lowp::dequantize_into(q, lowp::matrix_view<float>(out.data(), 2, 128));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < 256; ++i) {
      auto const value = static_cast<float>(q.code(i / 128, i % 128));
      auto const want = static_cast<float>(static_cast<double>(value) * 0x1p-127);  // two bits from 2^-143 on: exact
      bool const nan = (i & 0x7fU) > 0x7cU;
      wrong +=
          (nan ? std::bit_cast<std::uint32_t>(out[i]) != 0x7fc0'0000U : std::memcmp(&out[i], &want, sizeof want) != 0)
              ? 1U
              : 0U;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("with_isa pins a scope and a thread, and names the ISA", "[isa]") {
  std::string const best = lowp::isa_name();
  {
    auto const pin = lowp::with_isa(lowp::isa::portable{});
    CHECK(std::string(lowp::isa_name()) == "portable");
  }
  CHECK(lowp::isa_name() == best);
}

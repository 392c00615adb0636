// SPDX-License-Identifier: Apache-2.0
//
// Many formats of weights and activations, all codes of them at random: whatever path serves a pair gives the bits of the
// definition. And a table of the paths.
#include <lowp/gemm.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gemm/oracle.hpp"
#include "support/catch.hpp"

namespace formats_test {

using namespace gemm_test;
using lowp::matrix_view;
using lowp::accumulate::exact;
using lowp::accumulate::float32;

namespace {

/// A quantized matrix of random codes and moderate scales: no quantize, whose kernels would have to be compiled for each.
template <class S>
lowp::quantized_matrix<S> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t seed) {
  lowp::quantized_matrix<S> q(rows, cols);
  std::mt19937 random(seed);
  auto const view = q.view();
  for (std::size_t i = 0; i < q.size().code_bytes; ++i) {
    view.codes[i] = static_cast<std::uint8_t>(random());
  }
  for (std::size_t i = 0; i < q.size().scale_count; ++i) {
    view.scales[i] = static_cast<float>(1 + random() % 1000) / 256.0F;
  }
  return q;
}
template <class F>
std::vector<F> random_codes(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<F> x;
  for (std::size_t i = 0; i < count; ++i) {
    x.push_back(lowp::from_bits<F>(static_cast<unsigned>(random())));
  }
  return x;
}

template <class W, class X, class Accumulate>
void check_pair(lowp::quantized_matrix<W> const& w, std::vector<operand> const& spelled, std::size_t k,
                char const* weights, char const* activations, Accumulate accumulate) {
  constexpr std::size_t m = 7;
  std::vector<X> const x = random_codes<X>(m * k, 5);
  matrix_view<X const> const view(x.data(), m, k);
  std::vector<float> const want =
      multiply(spell_out<X>(view, side::activations), spelled[0], std::is_same_v<Accumulate, exact>);
  under_each_isa([&] {
    std::vector<float> y(want.size());
    lowp::gemm(view, lowp::pack(w), matrix_view<float>(y.data(), m, w.rows()), accumulate);
    INFO(weights << " x " << activations << " on " << lowp::isa_name());
    CHECK(same_bits(y, want));
  });
}

/// One weight format against activations of every kind of operand.
template <class W>
void check_weights(char const* name) {
  constexpr std::size_t n = 67;
  constexpr std::size_t k = 75;
  using S = lowp::scheme<W, lowp::per_group<32>>;
  auto const w = random_matrix<S>(n, k, 3);
  std::vector<operand> const spelled = {spell_out(w, side::weights)};
  check_pair<S, lowp::e4m3fn>(w, spelled, k, name, "e4m3fn", float32{});
  check_pair<S, lowp::e4m3fn>(w, spelled, k, name, "e4m3fn, exact", exact{});
  check_pair<S, lowp::e2m1fn>(w, spelled, k, name, "e2m1fn", float32{});
  check_pair<S, lowp::uint8>(w, spelled, k, name, "uint8", float32{});
}

}  // namespace

TEST_CASE("Weights of 2 to 4 bits", "[gemm]") {
#if !LOWP_TEST_EMULATED  // int3 is the same to the kernels
  check_weights<lowp::uint4>("uint4");
  check_weights<lowp::uint2>("uint2");
#endif
  check_weights<lowp::int3>("int3");
  check_weights<lowp::e2m1fn>("e2m1fn");
  check_weights<lowp::e3m0fn>("e3m0fn");
  check_weights<lowp::nf4>("nf4");
}

TEST_CASE("Weights of 5 to 8 bits", "[gemm]") {
  check_weights<lowp::int5>("int5");
#if !LOWP_TEST_EMULATED  // as e4m3fnuz
  check_weights<lowp::e3m2fn>("e3m2fn");
#endif
  check_weights<lowp::e2m3fn>("e2m3fn");
  check_weights<lowp::uint8>("uint8");
  check_weights<lowp::e4m3fnuz>("e4m3fnuz");
}

namespace {

/// All codes are as likely: NaNs, infinities, subnormals and sums that overflow among them.
template <class W>
void check_wide_weights(char const* name) {
  constexpr std::size_t k = 75;
  using S = lowp::scheme<W, lowp::per_group<32>>;
  using C = lowp::scheme<W, lowp::per_channel<0>>;
  auto const w = random_matrix<S>(67, k, 3);
  std::vector<operand> const spelled = {spell_out(w, side::weights)};
  check_pair<S, lowp::e4m3fn>(w, spelled, k, name, "e4m3fn", float32{});
  check_pair<S, lowp::bfloat16>(w, spelled, k, name, "bfloat16", float32{});
  auto const longer = random_matrix<C>(64, 9, 4);
  check_pair<C, lowp::float16>(longer, {spell_out(longer, side::weights)}, 9, name, "float16, one scale", float32{});
}

}  // namespace

TEST_CASE("Weights of 16 bits", "[gemm]") {
  check_wide_weights<lowp::bfloat16>("bfloat16");
  check_wide_weights<lowp::float16>("float16");
  check_wide_weights<lowp::minifloat<4, 11>>("e4m11");  // which no kernel knows
}

TEST_CASE("The ISA that serves is the best that this machine is known to have", "[gemm]") {
  char const* const known = std::getenv("LOWP_TEST_ISA");  // of an emulated CPU
  if (known != nullptr) {
    CHECK(std::string(lowp::isa_name()) == known);
  }
  auto const report = []<class Tag>(Tag) {
    if (!Tag::available()) {
      WARN(Tag::name << " is skipped: this CPU does not have it");
    }
  };
  [&]<class... Tags>(lowp::isa::tag_list<Tags...>) { (report(Tags{}), ...); }(lowp::isa::list{});
}

TEST_CASE("Which path serves each pair", "[gemm]") {
  auto const row = []<class W>(W, char const* name) {
    std::printf("%-9s", name);
    for (std::string const& path :
         {lowp::gemm_path<lowp::e4m3fn, W>(8), lowp::gemm_path<lowp::e4m3fn, W, exact>(8),
          lowp::gemm_path<lowp::e5m2, W>(8), lowp::gemm_path<lowp::e3m4, W, exact>(8),
          lowp::gemm_path<lowp::e2m1fn, W>(8), lowp::gemm_path<lowp::int8, W>(8), lowp::gemm_path<lowp::int4, W>(8),
          lowp::gemm_path<lowp::bfloat16, W>(8), lowp::gemm_path<float, W>(8)}) {
      // "vpdpbusd zmm, int8 in 3 planes (avx512_vnni)" -> "int8 in 3 planes"
      std::size_t const comma = path.find(", ");
      std::size_t const bracket = path.find(" (");
      std::size_t const from = comma == std::string::npos ? 0 : comma + 2;
      std::printf(" | %-16s", path.substr(from, bracket - from).c_str());
    }
    std::printf("\n");
  };
  under_each_isa([&] {
    std::printf("8 rows on %s\n%-9s", lowp::isa_name(), "weights");
    for (char const* const x :
         {"e4m3fn", "e4m3fn exact", "e5m2", "e3m4 exact", "e2m1fn", "int8", "int4", "bfloat16", "float"}) {
      std::printf(" | %-16s", x);
    }
    std::printf("\n");
    row(lowp::int4{}, "int4");
    row(lowp::uint4{}, "uint4");
    row(lowp::e2m1fn{}, "e2m1fn");
    row(lowp::nf4{}, "nf4");
    row(lowp::int2{}, "int2");
    row(lowp::int3{}, "int3");
    row(lowp::int5{}, "int5");
    row(lowp::int6{}, "int6");
    row(lowp::int8{}, "int8");
    row(lowp::e3m2fn{}, "e3m2fn");
    row(lowp::e4m3fn{}, "e4m3fn");
    row(lowp::e5m2{}, "e5m2");
    row(lowp::bfloat16{}, "bfloat16");
    row(lowp::float16{}, "float16");
  });
  under_each_isa([] {
    std::string const name = lowp::isa_name();
    INFO(name);
    CHECK(lowp::gemm_path<lowp::float16, lowp::bfloat16>(8) == lowp::gemm_path<float, lowp::e4m3fn>(8));
    CHECK(lowp::gemm_path<lowp::bfloat16, lowp::float16>(1) == lowp::gemm_path<float, lowp::e4m3fn>(1));
    CHECK(lowp::gemm_path<float, lowp::minifloat<4, 11>>(8) == "definition (portable)");
    bool const vnni = name == "avx512_vnni" || name == "avx512_vbmi" || name == "avx512_bf16" || name == "amx_int8";
    std::string const bytes = lowp::gemm_path<lowp::int8, lowp::int4>(8);
    std::string const digits = lowp::gemm_path<lowp::e4m3fn, lowp::int4, exact>(8);
    std::string const pairs = lowp::gemm_path<lowp::e4m3fn, lowp::int4>(1);
    if (vnni) {
      CHECK(bytes.find("vpdpbusd zmm, int8 (") == 0);
      CHECK(digits.find("vpdpbusd zmm, int8 in 3 planes (") == 0);
    }
#if LOWP_X86
    if (name == "amx_int8") {
      bool const tiles = lowp::kernel::may_use_tiles();
      if (!tiles) {
        WARN("tdpbssd is skipped: the system does not hand out AMX tiles to this process");
      }
      CHECK(lowp::gemm_path<lowp::int8, lowp::int4>(16) ==
            (tiles ? "tdpbssd, int8 (amx_int8)" : "vpdpbusd zmm, int8 (avx512_vnni)"));
      CHECK(lowp::gemm_path<lowp::e4m3fn, lowp::int4, exact>(16).find(tiles ? "tdpbssd, int8 in 3 planes"
                                                                            : "vpdpbusd") == 0);
      CHECK(lowp::gemm_path<lowp::int8, lowp::uint8>(16).find("vpdpbusd") == 0);  // 255 is no signed byte
    }
#endif
    if (name == "avx512_bf16" || name == "amx_int8") {
      CHECK(pairs == "vdpbf16ps zmm, bfloat16 (avx512_bf16)");
    } else if (name.find("avx512") == 0) {
      CHECK(pairs.find("vfmadd231ps zmm, float32 (") == 0);
    }
    if (name == "neon_dotprod") {
      CHECK(bytes == "sdot, int8 (neon_dotprod)");
      CHECK(digits == "sdot, int8 in 3 planes (neon_dotprod)");
      CHECK(pairs == "fmla, float32 (neon)");
    } else if (name == "neon") {
      CHECK(bytes == "smlal / sadalp, int8 (neon)");
      CHECK(digits == "smlal / sadalp, int8 in 3 planes (neon)");
      CHECK(pairs == "fmla, float32 (neon)");
    }
    if (name == "portable") {
      CHECK(bytes == "definition (portable)");
    }
  });
}

}  // namespace formats_test

// SPDX-License-Identifier: Apache-2.0
#include <lowp/gemm.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "gemm/oracle.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace packed_weights_test {

using namespace gemm_test;
using lowp::matrix_view;

namespace {

using lowp_test::error_of;

/// Packed codes and scales, read back one by one, are the matrix's.
template <class S>
void check_round_trip(std::size_t n, std::size_t k) {
  std::vector<float> const wf = rows_of_numbers(n, k, 9);
  auto const wq = lowp::quantize<S>(matrix_view<float const>(wf.data(), n, k));
  under_each_isa([&] {
    INFO(lowp::isa_name() << ", " << n << " x " << k);
    auto const wp = lowp::pack(wq);
    auto const packed = wp.view().matrix();
    bool same = true;
    std::vector<float> row(k + 1);
    for (std::size_t i = 0; i < n; ++i) {
      packed.decode(packed, i, 0, k, row.data());
      for (std::size_t j = 0; j < k; ++j) {
        same = same && row[j] == static_cast<float>(wq.code(i, j));
        same = same && packed.scale(i, j / packed.group) * packed.tensor_scale == static_cast<float>(wq.scale(i, j));
      }
    }
    CHECK(same);
  });
}

}  // namespace

TEST_CASE("Packed weights hold the codes and scales of the matrix", "[gemm]") {
  for (auto const& [n, k] : {std::pair<std::size_t, std::size_t>{1, 1}, {63, 20}, {65, 172}, {129, 41}}) {
    check_round_trip<lowp::int4_g32>(n, k);
    check_round_trip<lowp::int8_per_channel>(n, k);
    check_round_trip<lowp::scheme<lowp::e3m2fn, lowp::per_group<20>>>(n, k);
    check_round_trip<lowp::scheme<lowp::uint2, lowp::per_tensor>>(n, k);
    check_round_trip<lowp::scheme<lowp::int3, lowp::per_group<5>>>(n, k);
    check_round_trip<lowp::scheme<lowp::bfloat16, lowp::per_channel<0>>>(n, k);
    check_round_trip<lowp::scheme<lowp::float16, lowp::per_group<20>>>(n, k);
    check_round_trip<lowp::scheme<lowp::bfloat16, lowp::per_group<5>>>(n, k);  // too short for columns
    check_round_trip<lowp::scheme<lowp::nf4, lowp::per_block<3, 16>>>(n, k);
  }
}

TEST_CASE("Packed weights come back from memory, and foreign ones do not", "[gemm]") {
  std::vector<float> const wf = rows_of_numbers(70, 100, 9);
  auto const wq = lowp::quantize<lowp::int4_g32>(matrix_view<float const>(wf.data(), 70, 100));
  auto const wp = lowp::pack(wq);
  auto const layout = wp.layout();
  CHECK(wp.memory().size() == lowp::packed_size::of<lowp::int4_g32>(70, 100, layout).bytes);

  lowp::packed_weights<lowp::int4_g32> copy(70, 100, layout);
  std::memcpy(copy.memory().data(), wp.memory().data(), wp.memory().size());
  auto const view = lowp::packed_view<lowp::int4_g32>::open(copy.memory());
  CHECK(view.rows() == 70);
  CHECK(view.cols() == 100);
  std::vector<float> const x = rows_of_numbers(1, 100, 3);
  std::vector<float> a(70);
  std::vector<float> b(70);
  lowp::gemv(std::span<float const>(x), wp, std::span<float>(a));
  lowp::gemv(std::span<float const>(x), view, std::span<float>(b));
  CHECK(same_bits(a, b));

  using lowp::error_code;
  auto const other_format = lowp::scheme<lowp::uint4, lowp::per_group<32>, lowp::scale::absmax<lowp::float16>>{};
  CHECK(error_of([&] { lowp::packed_view<decltype(other_format)>::open(copy.memory()); }).code() == error_code::layout);
  CHECK(error_of([&] { lowp::packed_view<lowp::int4_g128>::open(copy.memory()); }).code() == error_code::layout);
  CHECK(error_of([&] { lowp::packed_view<lowp::int4_g32>::open(copy.memory().first(640)); }).code() ==
        error_code::size);
  CHECK(error_of([&] { lowp::packed_view<lowp::int4_g32>::open(copy.memory().subspan(8)); }).code() ==
        error_code::alignment);
  copy.memory()[8] = std::byte{77};  // the layout id
  CHECK(error_of([&] { lowp::packed_view<lowp::int4_g32>::open(copy.memory()); }).code() == error_code::layout);
  copy.memory()[0] = std::byte{0};
  CHECK(error_of([&] { lowp::packed_view<lowp::int4_g32>::open(copy.memory()); }).code() == error_code::layout);
}

TEST_CASE("A layout that this thread's ISA does not read is refused", "[gemm]") {
  std::vector<float> const wf = rows_of_numbers(70, 64, 9);
  auto const wq = lowp::quantize<lowp::int4_g32>(matrix_view<float const>(wf.data(), 70, 64));
  auto const wp = lowp::pack(wq);
  auto const portable = lowp::pack<lowp::isa::portable>(wq);
  CHECK(portable.layout() == lowp::weight_layout::rows);
  std::vector<float> const x = rows_of_numbers(2, 64, 3);
  matrix_view<float const> const xv(x.data(), 2, 64);
  std::vector<float> a(140);
  std::vector<float> b(140);
  lowp::gemm(xv, wp, matrix_view<float>(a.data(), 2, 70));
  lowp::gemm(xv, portable, matrix_view<float>(b.data(), 2, 70));
  CHECK(same_bits(a, b));
  if (wp.layout() == lowp::weight_layout::columns) {
    auto const pin = lowp::with_isa(lowp::isa::portable{});
    lowp::gemm(xv, portable, matrix_view<float>(b.data(), 2, 70));
    lowp::error const e = error_of([&] { lowp::gemm(xv, wp, matrix_view<float>(b.data(), 2, 70)); });
    CHECK(e.code() == lowp::error_code::layout);
    CHECK(std::string(e.what()).find("columns") != std::string::npos);
  }
}

}  // namespace packed_weights_test

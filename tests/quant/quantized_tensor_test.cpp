// SPDX-License-Identifier: Apache-2.0
//
// Tensors of any rank and stride: scales and codes against plain double arithmetic at each index.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <lowp/quant/parse_scheme.hpp>
#include <lowp/quantize.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/quantize_oracle.hpp"

namespace quantized_tensor_test {

namespace {

using lowp_test::error_of;

namespace qo = quantize_oracle;
using lowp::tensor_view;
using position = std::vector<std::size_t>;

std::vector<position> all_indices(std::span<std::size_t const> shape) {
  std::vector<position> all{{}};
  for (std::size_t const extent : shape) {
    std::vector<position> longer;
    for (position const& i : all) {
      for (std::size_t k = 0; k < extent; ++k) {
        longer.push_back(i);
        longer.back().push_back(k);
      }
    }
    all = longer;
  }
  return all;
}

/// INT8 with a scale for each class of indices: scale, code and value in double.
template <class Tensor>
void check_int8(Tensor const& q, tensor_view<float const> const& x,
                std::function<std::size_t(position const&)> const& class_of) {
  auto const indices = all_indices(x.shape());
  std::vector<double> greatest(10'000, 0.0);
  for (position const& i : indices) {
    double& g = greatest[class_of(i)];
    g = std::max(g, std::fabs(static_cast<double>(x.at(i))));
  }
  // Written into a tensor whose axes lie the other way round, with a gap.
  std::vector<std::size_t> strides;
  std::size_t next = 2;
  for (std::size_t const extent : x.shape()) {
    strides.push_back(next);
    next *= extent;
  }
  std::vector<float> memory(next + 1, -7.0F);
  tensor_view<float> const out(memory.data(), x.shape(), strides);
  lowp::dequantize_into(q, out);
  std::vector<float> dense(x.size());
  tensor_view<float> const plain(dense.data(), x.shape());
  lowp::dequantize_into(q, plain);
  std::size_t wrong = 0;
  for (position const& i : indices) {
    double const g = greatest[class_of(i)];
    auto const scale = static_cast<float>(g == 0 ? 1.0 : g / 127);
    auto const ratio =
        static_cast<double>(static_cast<float>(static_cast<double>(x.at(i)) / static_cast<double>(scale)));
    double const code = std::nearbyint(ratio);
    auto const value = static_cast<float>(code * static_cast<double>(scale));
    wrong += q.scale(i) != scale ? 1 : 0;
    wrong += static_cast<double>(out.at(i)) != static_cast<double>(value) || plain.at(i) != value ? 1 : 0;
    auto const bits = static_cast<std::uint32_t>(static_cast<std::int32_t>(code)) & 0xffU;
    if constexpr (requires { to_bits(q.code(i)); }) {
      wrong += to_bits(q.code(i)) != bits ? 1 : 0;
    } else {
      wrong += q.code(i) != bits ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
  CHECK(std::count(memory.begin(), memory.end(), -7.0F) >= static_cast<std::ptrdiff_t>(x.size() / 2));
}

/// The same numbers in memory laid out otherwise; extents 3, 4, 5, 6.
struct layouts {
  std::vector<float> memory = qo::make_matrix(qo::data::bell, 1, 4000, 4000, 5).data;
  std::vector<tensor_view<float const>> all{
      {memory.data(), {3, 4, 5, 6}},
      {memory.data(), {3, 4, 5, 6}, {210, 50, 10, 1}},  // rows do not join
      {memory.data(), {3, 4, 5, 6}, {240, 60, 12, 2}},  // no dense rows
      {memory.data(), {3, 4, 5, 6}, {120, 1, 24, 4}},   // channels last
      {memory.data(), {3, 4, 5, 6}, {0, 30, 6, 1}},     // repeated
      {memory.data(), {3, 4, 5, 6}, {140, 35, 7, 1}},   // padded rows, which join
      {memory.data(), {3, 1, 5, 6}, {30, 999, 6, 1}},   // the stride of one index means nothing
      {memory.data(), {1, 1, 1, 1}},
      {memory.data(), {3, 4, 0, 6}},
  };
};

template <std::size_t Axis>
void check_axis(tensor_view<float const> const& x) {
  auto const class_of = [](position const& i) { return i[Axis]; };
  check_int8(lowp::quantize<lowp::scheme<lowp::int8, lowp::per_channel<Axis>>>(x), x, class_of);
  auto const scheme = lowp::parse_scheme("int8/axis" + std::to_string(Axis));
  check_int8(lowp::quantize(scheme, x), x, class_of);
}

}  // namespace

TEST_CASE("a scale for each index of any axis, however the tensor lies in memory") {
  layouts const tensors;
  for (auto const& x : tensors.all) {
    INFO(x.extent(0) << " x " << x.extent(1) << " x " << x.extent(2) << " x " << x.extent(3) << ", strides "
                     << x.stride(0) << " " << x.stride(1) << " " << x.stride(2) << " " << x.stride(3));
    check_axis<0>(x);
    check_axis<1>(x);
    check_axis<2>(x);
    check_axis<3>(x);
    check_int8(lowp::quantize<lowp::int8_per_tensor>(x), x, [](position const&) { return 0; });
    auto const in_groups = [&](position const& i) {
      return ((i[0] * x.extent(1) + i[1]) * x.extent(2) + i[2]) * 2 + i[3] / 4;
    };
    check_int8(lowp::quantize<lowp::scheme<lowp::int8, lowp::per_group<4>>>(x), x, in_groups);
    check_int8(lowp::quantize(lowp::parse_scheme("int8/g4"), x), x, in_groups);
    // Groups along another axis: that axis last.
    auto const turned = x.permuted({0, 3, 2, 1});
    check_int8(lowp::quantize(lowp::parse_scheme("int8/g3"), turned), turned, [&](position const& i) {
      return ((i[0] * turned.extent(1) + i[1]) * turned.extent(2) + i[2]) * 2 + i[3] / 3;
    });
  }
}

TEST_CASE("rank 0 and 1") {
  float const x[] = {1.0F, -2.0F, 4.0F};
  check_int8(lowp::quantize<lowp::int8_per_tensor>(tensor_view<float const>(x, {})), {x, {}},
             [](position const&) { return 0; });
  check_int8(lowp::quantize<lowp::int8_per_tensor>(tensor_view<float const>(x, {3})), {x, {3}},
             [](position const&) { return 0; });
  check_int8(lowp::quantize<lowp::int8_per_channel>(tensor_view<float const>(x, {3})), {x, {3}},
             [](position const& i) { return i[0]; });
}

TEST_CASE("as_matrix joins axes in place, or says why it cannot") {
  layouts const tensors;
  auto const m = lowp::as_matrix(tensors.all[0], 2);
  CHECK(m.rows() == 12);
  CHECK(m.cols() == 30);
  CHECK(m.data() == tensors.memory.data());
  auto const padded = lowp::as_matrix(tensors.all[5], 3);
  CHECK(padded.rows() == 60);
  CHECK(padded.row_stride() == 7);
  CHECK(lowp::as_matrix(tensors.all[6], 3).row_stride() == 6);
  CHECK(lowp::as_matrix(tensors.all[0], 0).rows() == 1);
  CHECK(lowp::as_matrix(tensors.all[0], 4).cols() == 1);
  CHECK(error_of([&] { static_cast<void>(lowp::as_matrix(tensors.all[1], 3)); }).argument() == "x");
  CHECK(error_of([&] { static_cast<void>(lowp::as_matrix(tensors.all[2], 3)); }).code() == lowp::error_code::shape);
  CHECK(error_of([&] { static_cast<void>(lowp::as_matrix(tensors.all[4], 3)); }).axis() == 3);
  CHECK(error_of([&] { static_cast<void>(lowp::as_matrix(tensors.all[0], 5)); }).argument() == "row_axes");
  // In place: the same codes as of the matrix.
  auto const q = lowp::quantize<lowp::int4_g32>(tensors.all[0]);
  CHECK(q.matrix().codes() == lowp::quantize<lowp::int4_g32>(lowp::as_matrix(tensors.all[0], 3)).codes());
}

TEST_CASE("what a tensor cannot be is named") {
  layouts const tensors;
  auto const none = error_of(
      [&] { static_cast<void>(lowp::quantize<lowp::scheme<lowp::int8, lowp::per_channel<4>>>(tensors.all[0])); });
  CHECK(none.code() == lowp::error_code::shape);
  CHECK(none.axis() == 4);
  CHECK_FALSE(lowp::try_quantize(lowp::parse_scheme("int8/axis4"), tensors.all[0]));
  CHECK_FALSE(lowp::try_quantize<lowp::int8_per_channel>(tensor_view<float const>(tensors.memory.data(), {})));
  CHECK(lowp::try_quantize<lowp::int8_per_channel>(tensors.all[3]).has_value());
  // A matrix has two axes.
  lowp::matrix_view<float const> const m(tensors.memory.data(), 3, 4);
  auto const flat = lowp::try_quantize(lowp::parse_scheme("int8/axis2"), m);
  REQUIRE(!flat);
  CHECK(flat.error().argument() == "scheme");
  CHECK(lowp::name_of(lowp::parse_scheme("int8/axis2")) == "int8/axis2/f32:absmax");
  CHECK(lowp::name_of(lowp::as_any_scheme<lowp::scheme<lowp::int8, lowp::per_channel<3>>>()) ==
        "int8/axis3/f32:absmax");
  CHECK(lowp::name_of(lowp::parse_scheme("int8/axis1")) == "int8/column/f32:absmax");
  CHECK_FALSE(lowp::try_parse_scheme("int8/axis"));
  CHECK_FALSE(lowp::try_parse_scheme("int8/axisx"));
  // Another shape, naming the axis.
  auto const q = lowp::quantize<lowp::int8_per_channel>(tensors.all[0]);
  std::vector<float> out(360, -1.0F);
  auto const other = error_of([&] { lowp::dequantize_into(q, tensor_view<float>(out.data(), {3, 4, 6, 5})); });
  CHECK(other.code() == lowp::error_code::shape);
  CHECK(other.axis() == 2);
  CHECK(error_of([&] { lowp::dequantize_into(q, tensor_view<float>(out.data(), {3, 4, 30})); }).axis() == 0);
  CHECK(out == std::vector<float>(360, -1.0F));
}

}  // namespace quantized_tensor_test

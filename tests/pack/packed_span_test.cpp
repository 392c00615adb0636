// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <random>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/cast.hpp>
#include <lowp/pack/packed_span.hpp>

#include "support/catch.hpp"
#include "support/error_of.hpp"

namespace {

using lowp::from_bits;
using lowp::packed_span;
using lowp_test::error_of;
namespace bit_order = lowp::bit_order;

using int4_span = packed_span<lowp::int4>;
using int4_view = packed_span<lowp::int4 const>;

static_assert(std::random_access_iterator<int4_span::iterator> && std::random_access_iterator<int4_view::iterator>);
static_assert(std::permutable<int4_span::iterator> && std::sortable<int4_span::iterator>);
static_assert(std::indirectly_writable<int4_span::iterator, lowp::int4>);
static_assert(!std::indirectly_writable<int4_view::iterator, lowp::int4>);
static_assert(std::ranges::random_access_range<int4_span> && std::ranges::sized_range<int4_span>);
static_assert(std::ranges::common_range<int4_span> && std::ranges::view<int4_span>);
static_assert(std::ranges::borrowed_range<int4_span>);
static_assert(std::is_convertible_v<int4_span, int4_view> && !std::is_convertible_v<int4_view, int4_span>);
static_assert(!std::is_convertible_v<int4_span, packed_span<lowp::int4 const, bit_order::high_first>>);
static_assert(!std::is_convertible_v<int4_span, packed_span<lowp::e2m1fn const>>);
static_assert(std::is_trivially_copyable_v<int4_span>);
// padded is an order, but not a dense one: packed_bytes would not be enough for it.
template <class F, class Order>
concept packs = requires {
  typename packed_span<F, Order>;
};
static_assert(packs<lowp::int4, bit_order::high_first> && !packs<lowp::int4, bit_order::padded>);
static_assert(!packs<lowp::float16, bit_order::low_first>);

template <class Span>
std::vector<unsigned> codes_of(Span span) {
  std::vector<unsigned> codes;
  for (auto const x : span) codes.push_back(to_bits(typename Span::value_type(x)));
  return codes;
}

template <class F, class Order>
void check_algorithms(std::size_t count) {
  std::mt19937 random(8);
  std::size_t const size = lowp::packed_bytes(count, F::bits);
  std::vector<std::uint8_t> bytes(size);
  std::vector<unsigned> model(count);
  packed_span<F, Order> const span(bytes, count);
  for (std::size_t i = 0; i < count; ++i) {
    model[i] = static_cast<unsigned>(random()) & F::code_mask;
    span[i] = from_bits<F>(model[i]);
  }
  REQUIRE(codes_of(span) == model);

  std::ranges::reverse(span);
  std::ranges::reverse(model);
  CHECK(codes_of(span) == model);

  auto const by_code = [](F a, F b) { return to_bits(a) < to_bits(b); };
  std::ranges::sort(span, by_code);
  std::ranges::sort(model);
  CHECK(codes_of(span) == model);
  CHECK(std::ranges::is_sorted(span, by_code));
  auto const odd = [](F x) { return (to_bits(x) & 1) != 0; };
  CHECK(std::ranges::find_if(span, odd) - span.begin() ==
        std::ranges::find_if(model, [](unsigned code) { return (code & 1) != 0; }) - model.begin());
  CHECK(std::ranges::lower_bound(span, from_bits<F>(model[count / 2]), by_code) - span.begin() ==
        std::ranges::lower_bound(model, model[count / 2]) - model.begin());

  std::vector<F> plain(count);
  std::ranges::copy(span, plain.begin());
  std::vector<std::uint8_t> other(size, 0xff);
  packed_span<F, Order> const target(other, count);
  std::ranges::copy(plain, target.begin());
  CHECK(codes_of(target) == model);

  std::ranges::fill(span, from_bits<F>(1));
  CHECK(std::ranges::count(span, from_bits<F>(1)) == static_cast<std::ptrdiff_t>(count));
  std::ranges::swap_ranges(span, target);
  CHECK(codes_of(span) == model);
  CHECK(codes_of(target) == std::vector<unsigned>(count, 1));
}

}  // namespace

TEST_CASE("standard algorithms work on packed numbers of every width, in both orders") {
  check_algorithms<lowp::uint1, bit_order::low_first>(77);
  check_algorithms<lowp::int3, bit_order::low_first>(77);
  check_algorithms<lowp::nf4, bit_order::high_first>(77);
  check_algorithms<lowp::e3m2fn, bit_order::low_first>(77);
  check_algorithms<lowp::e4m3fn, bit_order::high_first>(77);
}

TEST_CASE("sort without a comparator goes by value") {
  std::vector<std::uint8_t> bytes{0x10, 0x32, 0xf8, 0x7e};
  int4_span const span(bytes, 8);
  std::ranges::sort(span);
  CHECK(codes_of(span) == std::vector<unsigned>{0x8, 0xe, 0xf, 0x0, 0x1, 0x2, 0x3, 0x7});
}

TEST_CASE("operator[] gives a proxy: assignment goes to the element, a copy is a number") {
  std::vector<std::uint8_t> bytes{0x21, 0x43, 0x65};
  int4_span const span(bytes, 6);
  auto number = [&](std::size_t i) { return static_cast<int>(lowp::int4(span[i])); };
  CHECK(number(0) == 1);
  CHECK(number(5) == 6);

  span[0] = span[5];  // proxy from proxy: the element, not the address
  CHECK(bytes[0] == 0x26);
  auto proxy = span[1];
  proxy = span[2];
  CHECK(bytes[0] == 0x36);
  proxy = from_bits<lowp::int4>(0xf);
  CHECK(bytes[0] == 0xf6);
  auto const constant = span[1];  // a const proxy assigns too, as a const pointer's target
  constant = from_bits<lowp::int4>(0);
  CHECK(bytes[0] == 0x06);

  lowp::int4 const kept = span[0];
  span[0] = from_bits<lowp::int4>(0);
  CHECK(static_cast<int>(kept) == 6);

  using std::swap;
  swap(span[2], span[3]);
  CHECK(bytes[1] == 0x34);
  std::ranges::swap(span.begin()[2], span.begin()[3]);
  CHECK(bytes[1] == 0x43);

  CHECK(span[2] == from_bits<lowp::int4>(3));
  CHECK(span[2] < span[3]);
  CHECK(span[3] > from_bits<lowp::int4>(3));
  CHECK(static_cast<float>(span[3]) == 4.0F);
  CHECK(to_bits(span[3]) == 4U);
  CHECK(decode(span[3]) == 4.0F);
  CHECK(lowp::to_bits(span[3]) == 4U);
  CHECK(lowp::decode(span[3]) == 4.0F);
}

TEST_CASE("a writable span reads as a constant one") {
  std::vector<std::uint8_t> bytes{0x21};
  int4_span const span(bytes, 2);
  int4_view const view = span;
  CHECK(view.data() == bytes.data());
  CHECK(view.size() == 2);
  span[1] = from_bits<lowp::int4>(7);
  CHECK(view[1] == from_bits<lowp::int4>(7));
  static_assert(std::is_same_v<decltype(view[0]), lowp::int4>);
  std::vector<std::uint8_t> const constant{0x21};
  CHECK(codes_of(int4_view(constant, 2)) == std::vector<unsigned>{1, 2});
}

TEST_CASE("bits beyond the last element survive writing") {
  for (std::uint8_t const before : {std::uint8_t{0x00}, std::uint8_t{0xff}, std::uint8_t{0xa5}}) {
    std::vector<std::uint8_t> bytes(2, before);
    packed_span<lowp::int3> const low(bytes, 3);  // 9 of 16 bits
    std::ranges::fill(low, from_bits<lowp::int3>(0x5));
    CHECK((bytes[1] & 0xfe) == (before & 0xfe));
    bytes.assign(2, before);
    packed_span<lowp::int3, bit_order::high_first> const high(bytes, 3);
    std::ranges::fill(high, from_bits<lowp::int3>(0x5));
    CHECK((bytes[1] & 0x7f) == (before & 0x7f));
  }
}

TEST_CASE("sizes, subspans and iterators") {
  std::vector<std::uint8_t> bytes(6);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0x10});
  packed_span<lowp::e3m2fn> const span(bytes, 8);
  CHECK(span.size() == 8);
  CHECK(span.size_bytes() == 6);
  CHECK_FALSE(span.empty());
  CHECK(packed_span<lowp::e3m2fn>{}.empty());
  CHECK(packed_span<lowp::e3m2fn>{}.size_bytes() == 0);

  // Four codes of six bits in three bytes: a subspan may start at every fourth.
  auto const second = span.subspan(4, 3);
  CHECK(second.data() == bytes.data() + 3);
  CHECK(second.size() == 3);
  CHECK(codes_of(second)[2] == codes_of(span)[6]);
  CHECK(span.first(3).size() == 3);
  CHECK(span.first(0).empty());
  CHECK(span.subspan(8, 0).empty());
  CHECK(span.subspan(4, 4).size() == 4);

  auto const begin = span.begin();
  auto const end = span.end();
  CHECK(end - begin == 8);
  CHECK(begin + 8 == end);
  CHECK(8 + begin == end);
  CHECK(end - 8 == begin);
  CHECK(begin < end);
  CHECK(begin[5] == lowp::e3m2fn(*(begin + 5)));
  auto it = begin;
  CHECK(it++ == begin);
  CHECK(++it == begin + 2);
  CHECK(it-- == begin + 2);
  CHECK(--it == begin);
  it += 7;
  it -= 3;
  CHECK(it - begin == 4);
  CHECK(*it == lowp::e3m2fn(span[4]));
}

TEST_CASE("wrong sizes and offsets are errors that name them") {
  std::vector<std::uint8_t> bytes(3);
  lowp::error const small = error_of([&] { packed_span<lowp::int4>(bytes, 7); });
  CHECK(small.code() == lowp::error_code::size);
  CHECK(small.argument() == "bytes");
  CHECK(std::string(small.what()).find("7 elements of 4 bits need 4") != std::string::npos);
  CHECK_NOTHROW(packed_span<lowp::int4>(bytes, 6));
  CHECK(error_of([&] { packed_span<lowp::int3>(bytes, 9); }).code() == lowp::error_code::size);
  CHECK(error_of([&] { packed_span<lowp::int4>(bytes, static_cast<std::size_t>(-1)); }).code() ==
        lowp::error_code::size);

  packed_span<lowp::int4> const span(bytes, 6);
  lowp::error const inside = error_of([&] { span.subspan(3, 1); });
  CHECK(inside.code() == lowp::error_code::alignment);
  CHECK(inside.argument() == "offset");
  CHECK(inside.index() == 3);
  CHECK(std::string(inside.what()).find("inside a byte") != std::string::npos);
  CHECK(error_of([&] { span.subspan(2, 5); }).code() == lowp::error_code::size);
  CHECK(error_of([&] { span.subspan(7, 0); }).code() == lowp::error_code::size);
  CHECK(error_of([&] { span.subspan(2, static_cast<std::size_t>(-1)); }).code() == lowp::error_code::size);
  CHECK(error_of([&] { span.first(7); }).code() == lowp::error_code::size);
}

TEST_CASE("packed spans work in constant expressions") {
  constexpr unsigned third = [] {
    std::uint8_t bytes[3] = {};
    packed_span<lowp::int6> const span(bytes, 4);
    for (std::size_t i = 0; i < 4; ++i) span[i] = lowp::cast<lowp::int6>(static_cast<int>(i) * -7);
    return to_bits(lowp::int6(span[3]));
  }();
  CHECK(third == (static_cast<unsigned>(-21) & 0x3f));
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/view.hpp>

namespace lowp::inline LOWP_ABI {

/// A tensor of any rank up to 8 in somebody else's memory: element (i, j, ..) lies i * stride(0) + j * stride(1) + ..
/// elements behind the first.
///
/// Meaning   without strides the tensor is row-major and dense. Rank 0 is one element. A stride of 0 repeats elements, which
///           only a view for reading may; other strides that lay elements on each other are not looked for.
/// Units     extents and strides in elements.
/// Errors    error_code::shape, naming the axis: more than max_rank axes, another number of strides than of extents, a
///           stride of 0 where elements may be written, or more elements than can be counted; error_code::size for a null
///           pointer with elements to hold.
template <class T>
class tensor_view {
 public:
  using element_type = T;
  static constexpr std::size_t max_rank = 8;

  constexpr tensor_view(T* data, std::span<std::size_t const> shape) : data_(data) {
    set_shape(shape);
    std::size_t stride = 1;
    for (std::size_t i = rank_; i-- != 0;) {
      strides_[i] = stride;
      stride *= extents_[i];
    }
  }
  constexpr tensor_view(T* data, std::span<std::size_t const> shape, std::span<std::size_t const> strides)
      : data_(data) {
    if (strides.size() != shape.size()) {
      fail("strides", -1, strides.size(),
           std::to_string(strides.size()) + " strides for " + std::to_string(shape.size()) + " axes");
    }
    set_shape(shape);
    for (std::size_t i = 0; i < rank_; ++i) {
      strides_[i] = strides[i];
      if (!std::is_const_v<T> && strides[i] == 0 && extents_[i] > 1 && size_ != 0) {
        fail("strides", static_cast<int>(i), 0,
             "the stride of axis " + std::to_string(i) + " is 0, so that its elements lie on each other");
      }
    }
  }
  constexpr tensor_view(T* data, std::initializer_list<std::size_t> shape)
      : tensor_view(data, std::span<std::size_t const>(shape.begin(), shape.size())) {}
  constexpr tensor_view(T* data, std::initializer_list<std::size_t> shape, std::initializer_list<std::size_t> strides)
      : tensor_view(data, std::span<std::size_t const>(shape.begin(), shape.size()),
                    std::span<std::size_t const>(strides.begin(), strides.size())) {}
  constexpr explicit tensor_view(matrix_view<T> const& x)
      : tensor_view(x.data(), {x.rows(), x.cols()}, {x.row_stride(), 1}) {}
  /// A view of mutable elements is a view of constant ones.
  template <class U>
    requires(std::is_const_v<T>&& std::same_as<U const, T>)
  constexpr tensor_view(tensor_view<U> const& other)  // NOLINT: implicit, as span<T> to span<T const>
      : tensor_view(other.data(), other.shape(), other.strides()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t rank() const noexcept { return rank_; }
  /// Requires axis < rank().
  constexpr std::size_t extent(std::size_t axis) const noexcept { return extents_[axis]; }
  constexpr std::size_t stride(std::size_t axis) const noexcept { return strides_[axis]; }
  constexpr std::span<std::size_t const> shape() const noexcept { return {extents_, rank_}; }
  constexpr std::span<std::size_t const> strides() const noexcept { return {strides_, rank_}; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }

  /// Requires as many indices as axes, each below its extent.
  constexpr T& at(std::span<std::size_t const> index) const noexcept {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < rank_; ++i) {
      offset += index[i] * strides_[i];
    }
    return data_[offset];
  }
  template <std::convertible_to<std::size_t>... Index>
  constexpr T& operator()(Index... index) const noexcept {
    std::size_t const all[sizeof...(Index) + 1] = {static_cast<std::size_t>(index)..., 0};
    return at({all, sizeof...(Index)});
  }

  /// The same elements with the axes in another order: axis i of the result is axis order[i] of this.
  ///
  /// Errors    error_code::shape where `order` does not name each axis once.
  constexpr tensor_view permuted(std::span<std::size_t const> order) const {
    tensor_view p = *this;
    bool used[max_rank] = {};
    bool good = order.size() == rank_;
    for (std::size_t i = 0; good && i < rank_; ++i) {
      good = order[i] < rank_ && !used[order[i]];
      if (good) {
        used[order[i]] = true;
        p.extents_[i] = extents_[order[i]];
        p.strides_[i] = strides_[order[i]];
      }
    }
    if (!good) {
      fail("order", -1, order.size(), "the order of " + std::to_string(rank_) + " axes names each of them once");
    }
    return p;
  }
  constexpr tensor_view permuted(std::initializer_list<std::size_t> order) const {
    return permuted(std::span<std::size_t const>(order.begin(), order.size()));
  }

 private:
  [[noreturn]] static void fail(char const* argument, int axis, std::size_t index, std::string const& what) {
    detail::raise(error(error_code::shape, argument, axis, index, "tensor_view: " + what));
  }

  constexpr void set_shape(std::span<std::size_t const> shape) {
    if (shape.size() > max_rank) {
      fail("shape", -1, shape.size(),
           std::to_string(shape.size()) + " axes, of which there are at most " + std::to_string(max_rank));
    }
    rank_ = shape.size();
    size_ = 1;
    std::size_t count = 1;  // without the axes of extent 0: strides multiply all of them
    for (std::size_t i = 0; i < rank_; ++i) {
      extents_[i] = shape[i];
      size_ *= shape[i];
      if (shape[i] != 0 && count > std::numeric_limits<std::size_t>::max() / sizeof(T) / shape[i]) {
        fail("shape", static_cast<int>(i), shape[i], "more elements than can be counted");
      }
      count *= shape[i] == 0 ? 1 : shape[i];
    }
    if (data_ == nullptr && size_ != 0) {
      detail::raise(error(error_code::size, "data",
                          "tensor_view: data is null for a tensor of " + std::to_string(size_) + " elements"));
    }
  }

  T* data_;
  std::size_t rank_ = 0;
  std::size_t size_ = 1;
  std::size_t extents_[max_rank] = {};
  std::size_t strides_[max_rank] = {};
};

}  // namespace lowp::inline LOWP_ABI

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/gemm/accumulate.hpp>
#include <lowp/gemm/activations.hpp>
#include <lowp/gemm/any_packed.hpp>
#include <lowp/gemm/definition.hpp>
#include <lowp/gemm/driver.hpp>
#include <lowp/gemm/epilogue.hpp>
#include <lowp/gemm/packed_weights.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/parallel/executor.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/slice.hpp>
#include <lowp/text/format_name.hpp>

namespace lowp::inline LOWP_ABI {

/// Some of a matrix's rows or columns: first .. last - 1, cut at the matrix's end.
struct index_range {
  std::size_t first = 0;
  std::size_t last = static_cast<std::size_t>(-1);
};

/// What a call of gemm may say beyond its operands.
struct gemm_options {
  float beta = 0.0F;                      ///< + beta * y, as fma, before the epilogue; at 0 y is not read
  std::span<float const> channel_factor;  ///< one factor for each column of y, or empty
  float descale = 1.0F;                   ///< one factor for all of y: 1/t of weights that were multiplied by t before
  index_range rows;                       ///< of y that this call computes; the others are not touched
  index_range cols;
  std::span<std::byte> workspace;  ///< gemm_workspace_bytes, 64-byte aligned; empty: gemm allocates
};

namespace detail {

template <class X>
concept Activations = requires(X const& x) {
  { activations_of(x) } -> std::same_as<activation_matrix>;
};

/// Packed weights: packed_view<S>, packed_weights<S> or any_packed.
template <class W>
concept Packed = requires(W const& w) {
  { w.view().matrix() } -> std::same_as<packed_matrix>;
};

/// The name of the format of packed weights, made when an error needs it.
class weight_name {
 public:
  template <Packed W>
  explicit weight_name(W const& w) noexcept
      : weights_(&w), name_([]([[maybe_unused]] void const* of) {
          if constexpr (std::same_as<W, any_packed>) {
            return name_of(static_cast<any_packed const*>(of)->scheme().element);
          } else {
            return name_of(any_format::of<typename W::scheme::element>());
          }
        }) {}
  std::string operator()() const { return name_(weights_); }

 private:
  void const* weights_;
  std::string (*name_)(void const*);
};

/// The memory of a call that brings none.
class workspace_memory {
 public:
  explicit workspace_memory(std::size_t bytes)
      : memory_(bytes == 0 ? nullptr : static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64}))) {}
  ~workspace_memory() {
    if (memory_ != nullptr) {
      ::operator delete (memory_, std::align_val_t{64});
    }
  }
  workspace_memory(workspace_memory const&) = delete;
  workspace_memory& operator=(workspace_memory const&) = delete;
  std::byte* data() const noexcept { return memory_; }

 private:
  std::byte* memory_;
};

[[noreturn]] inline void raise_gemm_shape(char const* argument, int axis, std::size_t index, std::string const& what) {
  raise(error(error_code::shape, argument, axis, index, "gemm: " + what));
}

/// What the accumulation policy means for a pair of formats.
template <AccumulatePolicy A>
constexpr summation summation_of(operand_facts const& a, operand_facts const& w) noexcept {
  return std::same_as<A, accumulate::exact> || is_integer_pair(a, w) ? summation::exact : summation::float_pairs;
}

/// Raises where a segment of this product may be longer than an exact sum.
inline void check_exact(product const& p, weight_name const& name) {
  if (p.how == summation::exact) {
    std::size_t const group = p.a.has_groups && p.a.group < p.w.group ? p.a.group : p.w.group;
    std::size_t const length = group < p.a.cols ? group : p.a.cols;
    std::uint64_t const longest = longest_exact_segment(p.a.facts, p.w.facts);
    if (length > longest) {
      raise(error(error_code::value, "accumulate",
                  "gemm: accumulate::exact cannot sum " + std::to_string(length) + " products of " +
                      std::to_string(p.a.facts.bits) + "-bit activations and " + name() +
                      " weights in 63 bits; it can sum " + std::to_string(longest)));
    }
  }
}

/// Step 4 of the definition on part of a row of y.
inline void scale_row(activation_matrix const& a, packed_matrix const& w, gemm_options const& options, std::size_t row,
                      std::size_t col, float* v, std::size_t count) noexcept {
  kernel::dispatch([&](auto tag) {
    using slot = kernel::row_slot<decltype(tag)>;
    for (float const factor : {a.row_scale(row), a.tensor_scale, w.tensor_scale}) {
      if (bits_of(factor) != bits_of(1.0F)) {
        slot::scale(v, factor, count);
      }
    }
    if (w.row_factors != nullptr) {
      slot::multiply(v, w.row_factors + col, count);
    }
    if (!options.channel_factor.empty()) {
      slot::multiply(v, options.channel_factor.data() + col, count);
    }
    if (bits_of(options.descale) != bits_of(1.0F)) {
      slot::scale(v, options.descale, count);
    }
  });
}

inline void store_row(float const* v, float* out, std::size_t count) noexcept {
  kernel::dispatch([&](auto tag) { kernel::row_slot<decltype(tag)>::store(v, out, count); });
}

/// Steps 4 and 5 of the definition, and the store.
template <class T, class E>
struct row_sink {
  activation_matrix const& a;
  packed_matrix const& w;
  gemm_options const& options;
  E const& epilogue;
  matrix_view<T> y;
  void (*encode)(float const* in, std::uint8_t* out, std::size_t n) noexcept;

  static void finish(void const* sink, std::size_t row, std::size_t col, float* v, std::size_t count) noexcept {
    row_sink const& self = *static_cast<row_sink const*>(sink);
    T* const out = &self.y(row, col);
    scale_row(self.a, self.w, self.options, row, col, v, count);
    if (!is_zero(self.options.beta)) {
      for (std::size_t i = 0; i < count; ++i) {
        v[i] = fma_once(self.options.beta, static_cast<float>(out[i]), v[i]);
      }
    }
    self.epilogue.apply(row, col, v, count);
    if constexpr (std::same_as<T, float>) {
      store_row(v, out, count);
    } else {
      self.encode(v, reinterpret_cast<std::uint8_t*>(out), count);
    }
  }
};

template <class T>
auto encoder_for_this_thread() {
  using function = void (*)(float const*, std::uint8_t*, std::size_t) noexcept;
  if constexpr (std::same_as<T, float>) {
    return static_cast<function>(nullptr);
  } else {
    return kernel::dispatch([](auto tag) -> function {
      return [](float const* in, std::uint8_t* out, std::size_t n) noexcept {
        kernel::encode_slot<decltype(tag), T, bit_order::padded, rounding::nearest_even, overflow::nonsaturating>::run(
            in, out, n, rounding::nearest_even{}, overflow::nonsaturating{});
      };
    });
  }
}

inline index_range cut(index_range r, std::size_t extent, char const* argument) {
  index_range const c{r.first, r.last < extent ? r.last : extent};
  if (r.first > c.last) {
    raise_gemm_shape(argument, -1, r.first,
                     std::string(argument) + " begins at " + std::to_string(r.first) + " of " + std::to_string(extent));
  }
  return c;
}

template <AccumulatePolicy A, class X, class W>
product product_of(X const& x, W const& w) {
  product p;
  p.a = activations_of(x);
  p.w = w.view().matrix();
  p.how = summation_of<A>(p.a.facts, p.w.facts);
  p.last_row = p.a.rows;
  p.last_col = p.w.rows;
  return p;
}

/// Where y is, without its type.
struct output_memory {
  std::size_t rows;
  std::size_t cols;
  memory_range range;
};

/// Every check of a call; sets the ranges of p. Nothing was written when this raises.
inline void check_call(product& p, memory_range weights, output_memory const& y, gemm_options const& options,
                       weight_name const& name) {
  if (p.a.cols != p.w.cols) {
    raise_gemm_shape("w", 1, p.w.cols, "x has " + std::to_string(p.a.cols) + " columns, w " + std::to_string(p.w.cols));
  }
  if (y.rows != p.a.rows || y.cols != p.w.rows) {
    int const axis = y.rows != p.a.rows ? 0 : 1;
    raise_gemm_shape("y", axis, axis == 0 ? y.rows : y.cols,
                     "y is " + std::to_string(y.rows) + " x " + std::to_string(y.cols) + ", expected " +
                         std::to_string(p.a.rows) + " x " + std::to_string(p.w.rows));
  }
  if (!options.channel_factor.empty() && options.channel_factor.size() != y.cols) {
    raise_gemm_shape("channel_factor", 0, options.channel_factor.size(),
                     "channel_factor has " + std::to_string(options.channel_factor.size()) + " elements for y of " +
                         std::to_string(y.cols) + " columns");
  }
  index_range const rows = cut(options.rows, y.rows, "rows");
  index_range const cols = cut(options.cols, y.cols, "cols");
  check_overlap("gemm", "y", y.range, memory_range::of(p.a.data, p.a.data_bytes));
  check_overlap("gemm", "y", y.range, weights);
  check_exact(p, name);
  if (p.w.layout == weight_layout::columns && kernels_here::get().float32 == nullptr) {
    raise(error(error_code::layout, "w",
                std::string("gemm: w is packed in the layout columns, which the ISA ") + isa_name() +
                    " of this thread does not read; pack it there, or with pack<isa::portable>"));
  }
  p.first_row = rows.first;
  p.last_row = rows.last;
  p.first_col = cols.first;
  p.last_col = cols.last;
}

inline void run_with_memory(product const& p, std::span<std::byte> workspace, executor_ref const& execute) {
  if (p.first_row == p.last_row || p.first_col == p.last_col) {
    return;
  }
  std::size_t const needed = workspace_bytes(p);
  if (workspace.empty()) {
    workspace_memory const own(needed);
    run(p, own.data(), execute);
  } else {
    check_memory("gemm", "workspace", workspace, needed);
    run(p, workspace.data(), execute);
  }
}

}  // namespace detail

/// Bytes of workspace that gemm(x, w, ...) needs on this thread's ISA, at most. A call for some of the rows needs no more.
template <detail::Activations X, detail::Packed W, AccumulatePolicy Accumulate = accumulate::float32>
std::size_t gemm_workspace_bytes(X const& x, W const& w, Accumulate = {}) {
  return detail::workspace_bytes(detail::product_of<Accumulate>(x, w));
}

/// y = epilogue(x w^T scaled + beta y).
///
/// Meaning   gemm/definition.hpp, bit for bit: the result for an element of y depends on its row of x and its row of w
///           alone, not on m, on how the work was split, on the ISA, the thread count or the ambient float modes.
/// Shapes    x: m x k, a quantized matrix or a plain one of floats or of a format; w: n x k, packed; y: m x n of float,
///           bfloat16 or float16 (values beyond their range become infinite).
/// Errors    error_code::shape, overlap; size and alignment of the workspace; layout where this thread's ISA does not
///           serve the weights' layout; value where accumulate::exact cannot hold the sums. Nothing is written then.
/// Cost      allocates the packed activations unless a workspace is given.
/// Example   lowp::gemm(xq, wp, y, lowp::accumulate::float32{}, lowp::epilogue::bias{b});
template <detail::Activations X, detail::Packed W, class T, AccumulatePolicy Accumulate = accumulate::float32,
          Epilogue E = epilogue::none, Executor Run = serial>
  requires(std::same_as<T, float> || std::same_as<T, bfloat16> || std::same_as<T, float16>)
void gemm(X const& x, W const& w, matrix_view<T> y, Accumulate = {}, E const& epilogue = {}, Run const& executor = {},
          gemm_options const& options = {}) {
  detail::product p = detail::product_of<Accumulate>(x, w);
  std::span<std::byte const> const packed = w.view().memory();
  detail::check_call(p, detail::memory_range::of(packed.data(), packed.size()),
                     {y.rows(), y.cols(), detail::range_of(y)}, options, detail::weight_name(w));
  epilogue.check(y.rows(), y.cols());
  detail::row_sink<T, E> const sink{p.a, p.w, options, epilogue, y, detail::encoder_for_this_thread<T>()};
  p.sink = &sink;
  p.finish = &detail::row_sink<T, E>::finish;
  auto const execute = [&executor](std::size_t count, task_ref task) { executor(count, task); };
  detail::run_with_memory(p, options.workspace, detail::executor_ref(execute));
}

/// The same with y quantized again, for the next layer: whole rows are computed in float, then quantized.
///
/// Errors    error_code::shape also where the options name some of the columns: a scale needs its whole row. A NaN or a scale
///           that does not fit follow quantize_into; beta must be 0.
template <detail::Activations X, detail::Packed W, Scheme Y, AccumulatePolicy Accumulate = accumulate::float32,
          Epilogue E = epilogue::none, Executor Run = serial>
void gemm(X const& x, W const& w, quantized_view<Y> y, Accumulate accumulate = {}, E const& epilogue = {},
          Run const& executor = {}, gemm_options const& options = {}) {
  index_range const rows = detail::cut(options.rows, y.rows, "rows");
  if (options.cols.first != 0 || options.cols.last < y.cols) {
    detail::raise_gemm_shape("cols", 1, options.cols.first,
                             "y is quantized by rows: a call computes all of its columns");
  }
  if (!(options.beta == 0.0F)) {
    detail::raise(error(error_code::value, "beta", "gemm: beta must be 0 where y is quantized"));
  }
  if (y.block().rows != 1 && (rows.first != 0 || rows.last != y.rows)) {
    detail::raise_gemm_shape("rows", 0, rows.first, "rows of y share scales: a call computes all of them");
  }
  std::unique_ptr<float[]> const values(new float[y.rows * y.cols + 1]);
  matrix_view<float> const plain(values.get(), y.rows, y.cols);
  gemm(x, w, plain, accumulate, epilogue, executor, options);
  bool const whole = rows.first == 0 && rows.last == y.rows;
  quantized_view<Y> const part = whole ? y : slice_rows(y, rows.first, rows.last - rows.first);
  if (part.rows != 0 && y.cols != 0) {
    quantize_into<Y>(matrix_view<float const>(values.get() + rows.first * y.cols, part.rows, y.cols), part);
  }
}

/// gemm of one row: y[n] = sum over k of x[k] w[n][k], the same bits as that row of a larger product.
template <detail::Packed W, AccumulatePolicy Accumulate = accumulate::float32, Epilogue E = epilogue::none,
          Executor Run = serial>
void gemv(std::span<float const> x, W const& w, std::span<float> y, Accumulate accumulate = {}, E const& epilogue = {},
          Run const& executor = {}, gemm_options const& options = {}) {
  gemm(matrix_view<float const>(x.data(), 1, x.size()), w, matrix_view<float>(y.data(), 1, y.size()), accumulate,
       epilogue, executor, options);
}

/// The same of a quantized matrix of one row.
template <Scheme S, detail::Packed W, AccumulatePolicy Accumulate = accumulate::float32, Epilogue E = epilogue::none,
          Executor Run = serial>
void gemv(quantized_matrix<S> const& x, W const& w, std::span<float> y, Accumulate accumulate = {},
          E const& epilogue = {}, Run const& executor = {}, gemm_options const& options = {}) {
  if (x.rows() != 1) {
    detail::raise_gemm_shape("x", 0, x.rows(), "gemv takes one row, x has " + std::to_string(x.rows()));
  }
  gemm(x, w, matrix_view<float>(y.data(), 1, y.size()), accumulate, epilogue, executor, options);
}

namespace detail {

template <class X>
constexpr operand_facts facts_of_activations() noexcept {
  if constexpr (std::same_as<X, float>) {
    return binary32_facts;
  } else {
    return facts_as_operand<X>;
  }
}

inline std::string path_name(operand_facts const& a, operand_facts const& w, summation how, bool packs,
                             std::size_t rows) {
  kernels_here const here = kernels_here::get();
  weight_layout const layout = packs && here.float32 != nullptr ? weight_layout::columns : weight_layout::rows;
  chosen_path const path = choose_path(a, w, how, layout, here, rows, true, true);
  if (path.kernels == nullptr) {
    return "definition (portable)";
  }
  return std::string(path.kernels->instruction) + ", " + to_string(path.by) +
         (path.planes > 1 ? " in " + std::to_string(path.planes) + " planes" : "") + " (" + path.kernels->isa + ")";
}

}  // namespace detail

/// What serves a product of `rows` rows of a pair of formats on this thread: "vdpbf16ps zmm, bfloat16 (avx512_bf16)" or
/// "definition (portable)". Activations of bfloat16 are taken to lie in [2^-60, 2^60], all to be finite;
/// segments to be short enough for sums in 32 bits (amx_int8 leaves longer ones to avx512_vnni).
template <class X, Format W, AccumulatePolicy Accumulate = accumulate::float32>
std::string gemm_path(std::size_t rows) {
  constexpr detail::operand_facts a = detail::facts_of_activations<X>();
  constexpr detail::operand_facts w = detail::facts_as_operand<W>;
  return detail::path_name(a, w, detail::summation_of<Accumulate>(a, w), detail::packs_in_columns<W>(8, 8), rows);
}

}  // namespace lowp::inline LOWP_ABI

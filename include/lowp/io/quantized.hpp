// SPDX-License-Identifier: Apache-2.0
//
// Quantized matrices in safetensors files. A matrix `w` is kept as
//
//   w.codes    U8     [rows, bytes of a row]             dense, low bits first; formats of more than 8 bits: little-endian
//   w.scales   F32, BF16, F16, F8_E8M0, F8_E4M3 or F8_E5M2, else U8 or U16    [block rows, block columns]
//   w.outer    F32    [outer rows, outer columns]        two levels only
//   w.zeros    U8     [block rows, block columns]        affine only: codes of the element format
//   w.offsets  as the scales, of the same shape          float zero points only
//
// and in the metadata "lowp.quantized.w" says what it is: the scheme as name_of spells it, a space, rows x columns:
// "int4/g128/float16:absmax 64x172".
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/io/safetensors.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/quant/as_any.hpp>
#include <lowp/quant/parse_scheme.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

inline constexpr std::string_view quantized_key = "lowp.quantized.";

struct stored_dtype {
  std::string_view format;
  safetensors::dtype type;
};
inline constexpr stored_dtype stored_dtypes[] = {{"bfloat16", safetensors::dtype::bf16},
                                                 {"float16", safetensors::dtype::f16},
                                                 {"e8m0fnu", safetensors::dtype::f8_e8m0},
                                                 {"e4m3fn", safetensors::dtype::f8_e4m3},
                                                 {"e5m2", safetensors::dtype::f8_e5m2}};

/// What scales of that rule are in a file.
inline safetensors::dtype dtype_of(any_scale const& s) {
  if (!s.stored) {
    return safetensors::dtype::f32;
  }
  std::string const name = name_of(*s.stored);
  for (stored_dtype const& d : stored_dtypes) {
    if (d.format == name) {
      return d.type;
    }
  }
  return s.stored->bits() > 8 ? safetensors::dtype::u16 : safetensors::dtype::u8;
}

inline std::size_t bytes_of_scale(any_scale const& s) {
  return static_cast<std::size_t>(safetensors::bits_of(dtype_of(s))) / 8;
}

}  // namespace detail

namespace safetensors {

/// Collects quantized matrices and other tensors, and writes them to one file.
///
/// Example   quantized_writer w; w.add("fc.weight", q); w.add(bias); w.write("model.safetensors");
class quantized_writer {
 public:
  quantized_writer() = default;
  quantized_writer(quantized_writer&&) = default;
  quantized_writer& operator=(quantized_writer&&) = default;
  quantized_writer(quantized_writer const&) = delete;  // its tensors view its own bytes
  quantized_writer& operator=(quantized_writer const&) = delete;
  ~quantized_writer() = default;

  /// Copies q. The metadata gets its scheme.
  ///
  /// Errors  error_code::name where the scheme has no text that is read back (an element table without a name, fixed
  ///         scales).
  void add(std::string const& name, any_quantized_matrix const& q) {
    std::string const scheme = name_of(q.scheme());
    if (!try_parse_scheme(scheme)) {
      lowp::detail::raise(error(error_code::name, "q",
                                "quantized_writer: the scheme of " + lowp::detail::shown(name) +
                                    " has no name that can be read back: " + scheme));
    }
    metadata_.emplace_back(std::string(lowp::detail::quantized_key) + name,
                           scheme + " " + std::to_string(q.rows()) + "x" + std::to_string(q.cols()));
    quantized_size const size = q.size();
    std::vector<std::byte> codes(size.code_bytes);
    if (q.scheme().element.bits() <= 8) {
      if (!codes.empty()) {
        std::memcpy(codes.data(), q.codes().data(), codes.size());
      }
    } else {
      for (std::size_t i = 0; i < q.rows(); ++i) {
        for (std::size_t j = 0; j < q.cols(); ++j) {
          lowp::detail::store_little_endian(static_cast<std::uint16_t>(q.code(i, j)),
                                            codes.data() + i * size.row_bytes + 2 * j);
        }
      }
    }
    put(name + ".codes", dtype::u8, {q.rows(), size.row_bytes}, std::move(codes));
    put(name + ".scales", lowp::detail::dtype_of(q.scheme().scale), {size.block_rows, size.block_cols},
        little_endian(q.scale_codes(), lowp::detail::bytes_of_scale(q.scheme().scale)));
    if (q.scheme().scale.outer) {
      std::vector<std::uint32_t> bits;
      for (float const x : q.outer_scales()) {
        bits.push_back(std::bit_cast<std::uint32_t>(x));
      }
      put(name + ".outer", dtype::f32, {size.outer_rows, size.outer_cols}, little_endian(bits, 4));
    }
    if (q.scheme().scale.has_offset()) {
      put(name + ".offsets", lowp::detail::dtype_of(q.scheme().scale), {size.block_rows, size.block_cols},
          little_endian(q.offset_codes(), lowp::detail::bytes_of_scale(q.scheme().scale)));
    }
    if (q.scheme().scale.is_affine()) {
      std::vector<std::uint32_t> zeros;
      for (std::int32_t const z : q.zero_points()) {
        zeros.push_back(static_cast<std::uint32_t>(z) & q.scheme().element.facts().code_mask);
      }
      put(name + ".zeros", dtype::u8, {size.block_rows, size.block_cols}, little_endian(zeros, 1));
    }
  }
  template <Scheme S>
  void add(std::string const& name, quantized_matrix<S> const& q) {
    add(name, as_any_quantized(q));
  }
  /// A tensor as it is; its bytes stay the caller's until the file is written.
  void add(tensor const& t) { tensors_.push_back(t); }

  std::vector<tensor> const& tensors() const noexcept { return tensors_; }
  metadata_list const& metadata() const noexcept { return metadata_; }

  /// Errors  as safetensors::write.
  std::size_t write(std::string const& path) const { return safetensors::write(path, tensors_, metadata_); }
  std::vector<std::byte> serialize() const { return safetensors::serialize(tensors_, metadata_); }

 private:
  static std::vector<std::byte> little_endian(std::vector<std::uint32_t> const& codes, std::size_t width) {
    std::vector<std::byte> bytes(codes.size() * width);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      for (std::size_t k = 0; k < width; ++k) {
        bytes[i * width + k] = static_cast<std::byte>(codes[i] >> (8 * k) & 0xffU);
      }
    }
    return bytes;
  }
  void put(std::string name, dtype type, std::vector<std::size_t> shape, std::vector<std::byte> bytes) {
    storage_.push_back(std::move(bytes));  // a deque: earlier ones stay where they are
    tensors_.push_back({std::move(name), type, std::move(shape), storage_.back()});
  }

  std::deque<std::vector<std::byte>> storage_;
  std::vector<tensor> tensors_;
  metadata_list metadata_;
};

/// The names of the quantized matrices of a file.
inline std::vector<std::string> quantized_names(file const& f) {
  std::vector<std::string> names;
  for (auto const& [key, value] : f.metadata()) {
    if (std::string_view(key).substr(0, lowp::detail::quantized_key.size()) == lowp::detail::quantized_key) {
      names.push_back(key.substr(lowp::detail::quantized_key.size()));
    }
  }
  return names;
}

/// A quantized matrix of a file, as quantized_writer left it. as_quantized<S> makes it one of a scheme type.
///
/// Errors    error_code::name where the file has no such matrix, or its scheme cannot be read; error_code::shape, size or
///           value where a part is missing, has another shape or type than the scheme and the size ask for, or holds a
///           code that the format does not have. The file may be hostile.
inline result<any_quantized_matrix> try_load_quantized(file const& f, std::string const& name) {
  auto const fail = [&](error_code code, std::string const& part, std::string const& what) {
    return error(code, part, "load_quantized: " + lowp::detail::shown(name) + ": " + what);
  };
  // 1. What the metadata says.
  std::string const key = std::string(lowp::detail::quantized_key) + name;
  std::string const* described = nullptr;
  for (auto const& [k, value] : f.metadata()) {
    described = k == key ? &value : described;
  }
  if (described == nullptr) {
    return fail(error_code::name, "name", "the file's metadata describes no quantized matrix of this name");
  }
  std::string_view text = *described;
  std::string_view const scheme_text = lowp::detail::take_until(text, ' ');
  std::string_view const rows_text = lowp::detail::take_until(text, 'x');
  auto scheme = try_parse_scheme(scheme_text);
  if (!scheme) {
    return fail(error_code::name, "metadata", scheme.error().what());
  }
  std::size_t const rows = lowp::detail::whole_number(rows_text);
  std::size_t const cols = lowp::detail::whole_number(text);
  if ((rows == 0 && rows_text != "0") || (cols == 0 && text != "0")) {
    return fail(error_code::shape, "metadata", "expected rows x columns after the scheme, such as 64x172");
  }
  // 2. The parts, checked against what scheme and size ask for before anything is allocated for them.
  any_scheme const& s = *scheme;
  quantized_size const size = [&] {
    quantized_size z = quantized_size::of(rows, cols, s.element.bits(), s.granularity.block(rows, cols));
    if (s.scale.outer) {
      block_shape const box = s.scale.outer->boxes.block(rows, cols);
      z.outer_rows = box.block_rows(rows);
      z.outer_cols = block_shape::count(cols, box.cols);
    }
    return z;
  }();
  tensor const* parts[5] = {};
  struct expected {
    char const* suffix;
    dtype type;
    std::size_t height;
    std::size_t width;
    bool needed;
  };
  expected const wanted[5] = {
      {".codes", dtype::u8, rows, size.row_bytes, true},
      {".scales", lowp::detail::dtype_of(s.scale), size.block_rows, size.block_cols, true},
      {".outer", dtype::f32, size.outer_rows, size.outer_cols, s.scale.outer.has_value()},
      {".zeros", dtype::u8, size.block_rows, size.block_cols, s.scale.is_affine()},
      {".offsets", lowp::detail::dtype_of(s.scale), size.block_rows, size.block_cols, s.scale.has_offset()},
  };
  for (std::size_t k = 0; k < 5; ++k) {
    if (!wanted[k].needed) {
      continue;
    }
    parts[k] = f.find(name + wanted[k].suffix);
    if (parts[k] == nullptr) {
      return fail(error_code::name, wanted[k].suffix, std::string("the file has no tensor ") + name + wanted[k].suffix);
    }
    std::vector<std::size_t> const shape{wanted[k].height, wanted[k].width};
    if (parts[k]->type != wanted[k].type || parts[k]->shape != shape) {
      return fail(error_code::shape, wanted[k].suffix,
                  std::string(wanted[k].suffix) + " is " + lowp::detail::described(parts[k]->type, parts[k]->shape) +
                      ", expected " + lowp::detail::described(wanted[k].type, shape));
    }
  }
  // 3. Their contents.
  any_quantized_matrix q(s, rows, cols);
  auto const read = [](std::byte const* at, std::size_t width) {
    std::uint32_t x = 0;
    for (std::size_t k = 0; k < width; ++k) {
      x |= std::to_integer<std::uint32_t>(at[k]) << (8 * k);
    }
    return x;
  };
  // What quantize stores: neither zero, negative nor NaN, nor below the smallest normal float. (Block scales of two levels
  // may be smaller, E8M0's 2^-127 is not one.)
  auto const usable = [](float value) {
    std::uint32_t const bits = lowp::detail::bits_of(value);
    return bits >= lowp::detail::bits_of(0x1p-126F) && bits < lowp::detail::float_infinity;
  };
  // What a scheme's rule may store besides: a negative scale, those of special blocks.
  auto const allowed = [&](float value) {
    block_convention const& c = s.scale.convention;
    bool const may_be_nan =
        c.nan == block_convention::of_nan::block || c.infinity == block_convention::of_infinity::block;
    return usable(value) || (s.scale.which == any_scale::kind::signed_absmax && usable(-value)) ||
           (may_be_nan && lowp::detail::is_nan(value)) ||
           (c.zero == block_convention::of_zero::zero && lowp::detail::is_zero(value)) ||
           (c.zero == block_convention::of_zero::least && lowp::detail::is_finite(value) &&
            lowp::detail::bits_of(value) ==
                lowp::detail::bits_of(s.scale.stored ? s.scale.stored->facts().min_subnormal : 0x1p-126F));
  };
  if (s.element.bits() <= 8) {
    if (!q.codes().empty()) {
      std::memcpy(q.codes().data(), parts[0]->data.data(), q.codes().size());
    }
  } else {
    for (std::size_t i = 0; i < rows * cols; ++i) {
      std::uint32_t const code = read(parts[0]->data.data() + 2 * i, 2);
      if (code > s.element.facts().code_mask) {
        return fail(error_code::value, ".codes", "element " + std::to_string(i) + " is no code of the element format");
      }
      bit_order::padded::set(q.codes().data(), i, s.element.bits(), code);
    }
  }
  std::size_t const width = lowp::detail::bytes_of_scale(s.scale);
  for (std::size_t i = 0; i < q.scale_codes().size(); ++i) {
    std::uint32_t const code = read(parts[1]->data.data() + i * width, width);
    q.scale_codes()[i] = code;
    float const value = s.scale.stored ? s.scale.stored->decode(code) : std::bit_cast<float>(code);
    bool const too_wide = s.scale.stored && code > s.scale.stored->facts().code_mask;
    if (too_wide || !allowed(value)) {
      return fail(error_code::value, ".scales", "scale " + std::to_string(i) + " is no positive normal float");
    }
  }
  for (std::size_t i = 0; i < q.offset_codes().size(); ++i) {
    std::uint32_t const code = read(parts[4]->data.data() + i * width, width);
    bool const too_wide = s.scale.stored && code > s.scale.stored->facts().code_mask;
    float const value = too_wide ? 0.0F : s.scale.stored ? s.scale.stored->decode(code) : std::bit_cast<float>(code);
    if (too_wide || !lowp::detail::is_finite(value)) {
      return fail(error_code::value, ".offsets", "offset " + std::to_string(i) + " is no finite number");
    }
    q.offset_codes()[i] = code;
  }
  for (std::size_t i = 0; i < q.outer_scales().size(); ++i) {
    float const value = std::bit_cast<float>(read(parts[2]->data.data() + 4 * i, 4));
    if (!usable(value)) {
      return fail(error_code::value, ".outer", "outer scale " + std::to_string(i) + " is no positive normal float");
    }
    q.outer_scales()[i] = value;
  }
  for (std::size_t i = 0; i < q.zero_points().size(); ++i) {
    std::uint32_t const code = read(parts[3]->data.data() + i, 1);
    if (code > s.element.facts().code_mask) {
      return fail(error_code::value, ".zeros", "zero point " + std::to_string(i) + " is no code of the element format");
    }
    q.zero_points()[i] = s.element.integer().value(code);
  }
  return q;
}

/// try_load_quantized, but a failure is thrown.
inline any_quantized_matrix load_quantized(file const& f, std::string const& name) {
  return try_load_quantized(f, name).value();
}

}  // namespace safetensors

}  // namespace lowp::inline LOWP_ABI

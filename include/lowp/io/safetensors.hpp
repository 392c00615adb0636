// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing safetensors files: 8 bytes little-endian N, a JSON header of N bytes, the tensors' bytes.
//
//   lowp::safetensors::file const model = lowp::safetensors::read("model.safetensors");
//   for (lowp::safetensors::tensor const& t : model.tensors()) { ... t.name, t.shape, to_float(t) ... }
//
// Whatever the bytes are, a reader returns either an error or a file in which everything fits: names are distinct, each
// tensor's data lies inside the file and has the size that its dtype and shape say, no byte belongs to two tensors or none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/io/dtype.hpp>
#include <lowp/io/json.hpp>
#include <lowp/io/tensor.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {
class safetensors_parser;
}

namespace safetensors {

/// The longest header that is read or written, in bytes. Source: safetensors 0.7, MAX_HEADER_SIZE.
inline constexpr std::size_t max_header_bytes = 100'000'000;

/// The longest shape that is read or written: NumPy's and PyTorch's limit, so that a hostile header stays cheap.
inline constexpr std::size_t max_rank = 64;

/// The `__metadata__` of a file: text to text, in the file's order.
using metadata_list = std::vector<std::pair<std::string, std::string>>;

/// The tensors of one file.
///
/// Meaning  owns the bytes when it came from a path, else it views the caller's. Tensors come in the order of their data.
/// Notes    may be moved (views stay valid), not copied.
class file {
 public:
  file() = default;
  file(file&&) noexcept = default;
  file& operator=(file&&) noexcept = default;
  file(file const&) = delete;
  file& operator=(file const&) = delete;
  ~file() = default;

  std::span<tensor const> tensors() const noexcept { return tensors_; }
  metadata_list const& metadata() const noexcept { return metadata_; }

  /// The tensor with that name, or nullptr.
  tensor const* find(std::string_view name) const noexcept {
    auto const at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                     [this](std::size_t i, std::string_view key) { return tensors_[i].name < key; });
    return at != by_name_.end() && tensors_[*at].name == name ? &tensors_[*at] : nullptr;
  }

  /// The tensor with that name.
  ///
  /// Errors  error_code::name, listing the names there are.
  tensor const& at(std::string_view name) const {
    if (tensor const* const found = find(name); found != nullptr) {
      return *found;
    }
    std::string names;
    for (std::size_t i = 0; i < tensors_.size() && i < 8; ++i) {
      names += (i == 0 ? "" : ", ") + detail::shown(tensors_[i].name);
    }
    names += tensors_.size() > 8 ? ", ... (" + std::to_string(tensors_.size()) + " in all)" : "";
    detail::raise(error(error_code::name, "name",
                        "safetensors: no tensor " + detail::shown(name) + "; there " +
                            (tensors_.empty() ? "is none at all" : "are " + names)));
  }

 private:
  friend class detail::safetensors_parser;

  std::vector<std::byte> bytes_;
  std::vector<tensor> tensors_;
  std::vector<std::size_t> by_name_;  // positions in tensors_, in the order of the names
  metadata_list metadata_;
};

}  // namespace safetensors

namespace detail {

/// The positions in `range` in the order of the names that `name_of` gives its elements.
template <class Range, class NameOf>
std::vector<std::size_t> sorted_by_name(Range const& range, NameOf name_of) {
  std::vector<std::size_t> order(range.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return name_of(range[a]) < name_of(range[b]); });
  return order;
}

/// A position in `range` whose name stands elsewhere in it too, or range.size().
template <class Range, class NameOf>
std::size_t duplicate_name(Range const& range, NameOf name_of) {
  std::vector<std::size_t> const order = sorted_by_name(range, name_of);
  auto const twice = std::adjacent_find(
      order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return name_of(range[a]) == name_of(range[b]); });
  return twice == order.end() ? range.size() : *twice;
}

/// Makes a safetensors::file of bytes. One use each.
class safetensors_parser {
 public:
  /// `source` begins every message: the path, where there is one.
  explicit safetensors_parser(std::string const& source)
      : prefix_("safetensors: " + source + (source.empty() ? "" : ": ")) {}

  /// Views `bytes`.
  result<safetensors::file> parse(std::span<std::byte const> bytes) {
    if (bytes.size() < length_bytes) {
      return too_short(bytes.size());
    }
    auto const header_bytes = load_little_endian<std::uint64_t>(bytes.data());
    if (header_bytes > safetensors::max_header_bytes || header_bytes > bytes.size() - length_bytes) {
      return bad_header_length(header_bytes, bytes.size());
    }
    std::size_t const data_begin = length_bytes + static_cast<std::size_t>(header_bytes);
    if (!accept_header(text_of(bytes.subspan(length_bytes, data_begin - length_bytes)))) {
      return *std::move(failure_);
    }
    return finish(bytes.subspan(data_begin));
  }

  /// Reads and owns the file at `path`: its header, then as many bytes as that asks for. So a file of another kind is
  /// refused early however long it is, and no number in it makes us allocate a multiple of what has arrived.
  result<safetensors::file> read(std::string const& path) {
    struct closing {
      void operator()(std::FILE* stream) const noexcept { std::fclose(stream); }
    };
    std::unique_ptr<std::FILE, closing> const stream(std::fopen(path.c_str(), "rb"));
    if (stream == nullptr) {
      return failed(error_code::io, error::no_index, "the file cannot be opened for reading");
    }
    std::vector<std::byte> bytes;
    if (!read_up_to(stream.get(), bytes, length_bytes)) {
      return *std::move(failure_);
    }
    if (bytes.size() < length_bytes) {
      return too_short(bytes.size());
    }
    auto const header_bytes = load_little_endian<std::uint64_t>(bytes.data());
    if (header_bytes > safetensors::max_header_bytes) {
      return bad_header_length(header_bytes, bytes.size());
    }
    std::size_t const data_begin = length_bytes + static_cast<std::size_t>(header_bytes);
    if (!read_up_to(stream.get(), bytes, data_begin)) {
      return *std::move(failure_);
    }
    if (bytes.size() < data_begin) {
      return bad_header_length(header_bytes, bytes.size());
    }
    if (!accept_header(text_of(std::span(bytes).subspan(length_bytes)))) {
      return *std::move(failure_);
    }
    if (data_bytes_ >= std::numeric_limits<std::size_t>::max() - data_begin) {
      return failed(error_code::size, error::no_index,
                    "the tensors take " + std::to_string(data_bytes_) + " bytes, more than this machine can address");
    }
    // One byte more tells a file that goes on after its last tensor.
    if (!read_up_to(stream.get(), bytes, data_begin + static_cast<std::size_t>(data_bytes_) + 1)) {
      return *std::move(failure_);
    }
    result<safetensors::file> out = finish(std::span<std::byte const>(bytes).subspan(data_begin));
    if (out) {
      out->bytes_ = std::move(bytes);  // the buffer stays where it is, so do the views into it
    }
    return out;
  }

 private:
  struct entry {
    safetensors::tensor what;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  error failed(error_code code, std::size_t index, std::string const& what) const {
    return {code, "file", -1, index, prefix_ + what};
  }
  bool fail(error_code code, std::size_t index, std::string const& what) {
    failure_.emplace(failed(code, index, what));
    return false;
  }
  bool fail_tensor(error_code code, std::size_t index, std::string const& what) {
    return fail(code, index, "tensor " + shown(entries_[index].what.name) + ": " + what);
  }
  /// Passes on what `reader` found.
  bool fail_syntax(json_reader const& reader, std::string const& place) {
    return fail(error_code::syntax, reader.position(),
                place + reader.failure() + " at byte " + std::to_string(reader.position()) + " of the header");
  }

  error bad_header_length(std::uint64_t announced, std::size_t file_bytes) const {
    std::string const limit =
        announced > safetensors::max_header_bytes
            ? std::to_string(safetensors::max_header_bytes) + " at most; is this a safetensors file?"
            : std::to_string(file_bytes - 8) + " at most, the rest of the file";
    return failed(error_code::size, 0,
                  "the header claims to have " + std::to_string(announced) + " bytes, expected " + limit);
  }

  error too_short(std::size_t file_bytes) const {
    return failed(
        error_code::size, file_bytes,
        "the file has " + std::to_string(file_bytes) + " bytes, expected at least 8: the length of the header");
  }

  static std::string_view text_of(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
  }

  /// Appends to `bytes` from `stream` until there are `total` or the stream ends.
  bool read_up_to(std::FILE* stream, std::vector<std::byte>& bytes, std::size_t total) {
    constexpr std::size_t piece = 65536;
    while (bytes.size() < total) {
      std::size_t const have = bytes.size();
      bytes.resize(std::min(total, have + std::max(piece, have)));
      std::size_t const got = std::fread(bytes.data() + have, 1, bytes.size() - have, stream);
      bytes.resize(have + got);
      if (got == 0) {
        break;
      }
    }
    return std::ferror(stream) == 0 ||
           fail(error_code::io, error::no_index, "the file cannot be read (is it a directory?)");
  }

  /// Takes in the header's text: what the tensors are, and that they tile some number of bytes, data_bytes_.
  bool accept_header(std::string_view header) {
    if (std::size_t const fault = utf8_fault(header); fault != header.size()) {
      return fail(error_code::syntax, fault, "byte " + std::to_string(fault) + " of the header is not UTF-8");
    }
    if (header.empty() || header.front() != '{') {
      return fail(error_code::syntax, 0,
                  "expected '{' at the start of the header, found " +
                      (header.empty() ? "no header at all" : shown(header.substr(0, 1))));
    }
    return parse_header(header) && check_names() && check_types() && check_tiling();
  }

  /// The file, from the bytes after the header.
  result<safetensors::file> finish(std::span<std::byte const> data) {
    if (data.size() < data_bytes_) {
      auto const cut = std::find_if(order_.begin(), order_.end(),
                                    [this, data](std::size_t i) { return entries_[i].end > data.size(); });
      return failed(error_code::size, *cut,
                    "tensor " + shown(entries_[*cut].what.name) + ": " + offsets_text(entries_[*cut]) +
                        " reach beyond the " + std::to_string(data.size()) +
                        " bytes of data there are (is the file cut short?)");
    }
    if (data.size() > data_bytes_) {
      return failed(error_code::size, error::no_index,
                    "bytes after the last tensor belong to none, expected the file to end after " +
                        std::to_string(data_bytes_) + " bytes of data");
    }
    safetensors::file out;
    out.metadata_ = std::move(metadata_);
    out.tensors_.reserve(entries_.size());
    for (std::size_t const i : order_) {
      entry& e = entries_[i];
      e.what.data = data.subspan(static_cast<std::size_t>(e.begin), static_cast<std::size_t>(e.end - e.begin));
      out.tensors_.push_back(std::move(e.what));
    }
    out.by_name_ = sorted_by_name(out.tensors_, [](safetensors::tensor const& t) { return std::string_view(t.name); });
    return out;
  }

  bool parse_header(std::string_view header) {
    json_reader reader(header);
    if (!reader.expect('{')) {
      return fail_syntax(reader, "");
    }
    if (!reader.accept('}')) {
      bool seen_metadata = false;
      std::string key;
      do {
        if (!reader.string(key)) {
          return fail_syntax(reader, "a name: ");
        }
        if (!reader.expect(':')) {
          return fail_syntax(reader, shown(key) + ": ");
        }
        if (key == "__metadata__") {
          if (std::exchange(seen_metadata, true)) {
            return fail(error_code::name, reader.position(), "the key '__metadata__' stands twice");
          }
          if (!parse_metadata(reader)) {
            return false;
          }
        } else {
          entries_.emplace_back();
          entries_.back().what.name = key;
          if (!parse_entry(reader)) {
            return false;
          }
        }
      } while (reader.accept(','));
      if (!reader.expect('}')) {
        return fail_syntax(reader, "");
      }
    }
    return reader.end() || fail_syntax(reader, "");
  }

  bool parse_metadata(json_reader& reader) {
    if (!reader.expect('{')) {
      return fail_syntax(reader, "'__metadata__': ");
    }
    if (!reader.accept('}')) {
      do {
        metadata_.emplace_back();
        auto& [key, value] = metadata_.back();
        if (!reader.string(key) || !reader.expect(':') || !reader.string(value)) {
          return fail_syntax(reader, "'__metadata__': ");
        }
      } while (reader.accept(','));
      if (!reader.expect('}')) {
        return fail_syntax(reader, "'__metadata__': ");
      }
    }
    std::size_t const twice = duplicate_name(metadata_, [](auto const& line) { return std::string_view(line.first); });
    return twice == metadata_.size() ||
           fail(error_code::name, twice, "'__metadata__': the key " + shown(metadata_[twice].first) + " stands twice");
  }

  /// The value of the last of entries_. A key nobody knows is refused: it might change what the others mean.
  bool parse_entry(json_reader& reader) {
    std::size_t const index = entries_.size() - 1;
    entry& e = entries_.back();
    std::string const place = "tensor " + shown(e.what.name) + ": ";
    if (e.what.name.empty()) {
      return fail(error_code::name, index, "a tensor has an empty name");
    }
    if (!reader.expect('{')) {
      return fail_syntax(reader, place);
    }
    bool seen_dtype = false;
    bool seen_shape = false;
    bool seen_offsets = false;
    if (!reader.accept('}')) {
      std::string key;
      do {
        if (!reader.string(key) || !reader.expect(':')) {
          return fail_syntax(reader, place);
        }
        bool twice = false;
        bool good = false;
        if (key == "dtype") {
          twice = std::exchange(seen_dtype, true);
          good = reader.string(e.what.dtype_name);
          e.what.type = safetensors::dtype_named(e.what.dtype_name);
        } else if (key == "shape") {
          twice = std::exchange(seen_shape, true);
          good = parse_shape(reader, e.what.shape);
        } else if (key == "data_offsets") {
          twice = std::exchange(seen_offsets, true);
          good = reader.expect('[') && reader.integer(e.begin) && reader.expect(',') && reader.integer(e.end) &&
                 reader.expect(']');
        } else {
          return fail_tensor(error_code::syntax, index,
                             "unknown key " + shown(key) + ", expected dtype, shape or data_offsets");
        }
        if (twice) {
          return fail_tensor(error_code::syntax, index, "the key " + shown(key) + " stands twice");
        }
        if (!good) {
          return fail_syntax(reader, place + key + ": ");
        }
      } while (reader.accept(','));
      if (!reader.expect('}')) {
        return fail_syntax(reader, place);
      }
    }
    if (!seen_dtype || !seen_shape || !seen_offsets) {
      char const* const missing = !seen_dtype ? "dtype" : !seen_shape ? "shape" : "data_offsets";
      return fail_tensor(error_code::syntax, index, std::string("the key '") + missing + "' is missing");
    }
    return true;
  }

  static bool parse_shape(json_reader& reader, std::vector<std::size_t>& shape) {
    shape.clear();
    if (!reader.expect('[')) {
      return false;
    }
    if (reader.accept(']')) {
      return true;
    }
    do {
      std::uint64_t extent = 0;
      if (!reader.integer(extent)) {
        return false;
      }
      if (extent > std::numeric_limits<std::size_t>::max()) {
        return reader.fail("expected an extent that this machine can address");
      }
      if (shape.size() == safetensors::max_rank) {
        return reader.fail("expected at most " + std::to_string(safetensors::max_rank) + " extents");
      }
      shape.push_back(static_cast<std::size_t>(extent));
    } while (reader.accept(','));
    return reader.expect(']');
  }

  bool check_names() {
    std::size_t const twice = duplicate_name(entries_, [](entry const& e) { return std::string_view(e.what.name); });
    return twice == entries_.size() ||
           fail(error_code::name, twice, "two tensors are called " + shown(entries_[twice].what.name));
  }

  /// Do shape, dtype and offsets of each tensor agree? The size of an unknown dtype is what the offsets say.
  bool check_types() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      entry const& e = entries_[i];
      if (e.begin > e.end) {
        return fail_tensor(error_code::size, i, offsets_text(e) + " end before they begin");
      }
      result<std::uint64_t> const bytes = bytes_of(e.what.type, e.what.shape);
      if (!bytes) {
        return fail_tensor(error_code::shape, i, bytes.error().what());
      }
      if (e.what.type != safetensors::dtype::unknown && *bytes != e.end - e.begin) {
        return fail_tensor(error_code::size, i,
                           offsets_text(e) + " hold " + std::to_string(e.end - e.begin) + " bytes, expected " +
                               std::to_string(*bytes) + " for " + described(e.what.type, e.what.shape));
      }
    }
    return true;
  }

  /// In the order of their begins, does each tensor start where the last one ended?
  bool check_tiling() {
    order_.resize(entries_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    // An empty tensor comes before the one that begins at the same byte; several empty ones stay as the header has them.
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
      return std::pair(entries_[a].begin, entries_[a].end) < std::pair(entries_[b].begin, entries_[b].end);
    });
    for (std::size_t const i : order_) {
      entry const& e = entries_[i];
      if (e.begin != data_bytes_) {
        return fail_tensor(error_code::size, i,
                           offsets_text(e) + (e.begin < data_bytes_ ? " overlap the tensor before" : " leave a hole") +
                               ", expected to begin at " + std::to_string(data_bytes_));
      }
      data_bytes_ = e.end;
    }
    return true;
  }

  static std::string offsets_text(entry const& e) {
    return "data_offsets [" + std::to_string(e.begin) + ", " + std::to_string(e.end) + "]";
  }

  static constexpr std::size_t length_bytes = 8;

  std::string prefix_;
  std::vector<entry> entries_;
  std::vector<std::size_t> order_;  // of entries_, by their data
  std::uint64_t data_bytes_ = 0;    // that the tensors tile
  safetensors::metadata_list metadata_;
  std::optional<error> failure_;
};

/// The length field and the header that `write` puts before the tensors' bytes.
///
/// Errors  as safetensors::write, except for io.
inline result<std::string> safetensors_header(std::span<safetensors::tensor const> tensors,
                                              safetensors::metadata_list const& metadata) {
  auto const failed = [](error_code code, char const* argument, std::size_t index, std::string const& what) {
    return error(code, argument, -1, index, "safetensors: " + what);
  };
  std::string header = "{";
  // 1. Metadata.
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (std::size_t i = 0; i < metadata.size(); ++i) {
      auto const& [key, value] = metadata[i];
      if (utf8_fault(key) != key.size() || utf8_fault(value) != value.size()) {
        return failed(error_code::value, "metadata", i, "metadata " + shown(key) + " is not UTF-8");
      }
      header += i == 0 ? "" : ",";
      append_json_string(header, key);
      header += ':';
      append_json_string(header, value);
    }
    std::size_t const twice = duplicate_name(metadata, [](auto const& line) { return std::string_view(line.first); });
    if (twice != metadata.size()) {
      return failed(error_code::name, "metadata", twice,
                    "metadata has the key " + shown(metadata[twice].first) + " twice");
    }
    header += '}';
  }
  // 2. Tensors, each where the last one ended.
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    safetensors::tensor const& t = tensors[i];
    std::string const place = "tensor " + shown(t.name) + ": ";
    if (t.name.empty() || t.name == "__metadata__" || utf8_fault(t.name) != t.name.size()) {
      return failed(error_code::name, "tensors", i,
                    place + "a name must be UTF-8, not empty, and not '__metadata__', which the format reserves");
    }
    if (t.type == safetensors::dtype::unknown) {
      return failed(error_code::name, "tensors", i, place + "its dtype is unknown, so its size cannot be checked");
    }
    if (t.shape.size() > safetensors::max_rank) {
      return failed(error_code::shape, "tensors", i,
                    place + "a shape has at most " + std::to_string(safetensors::max_rank) + " extents");
    }
    result<std::uint64_t> const bytes = bytes_of(t.type, t.shape);
    if (!bytes) {
      return failed(error_code::shape, "tensors", i, place + bytes.error().what());
    }
    if (*bytes != t.data.size()) {
      return failed(error_code::size, "tensors", i,
                    place + "data has " + std::to_string(t.data.size()) + " bytes, expected " + std::to_string(*bytes) +
                        " for " + described(t.type, t.shape));
    }
    header += header.size() == 1 ? "" : ",";
    append_json_string(header, t.name);
    header += ":{\"dtype\":\"";
    header += safetensors::name_of(t.type);
    header += "\",\"shape\":[";
    for (std::size_t axis = 0; axis < t.shape.size(); ++axis) {
      header += (axis == 0 ? "" : ",") + std::to_string(t.shape[axis]);
    }
    header += "],\"data_offsets\":[" + std::to_string(end) + "," + std::to_string(end + *bytes) + "]}";
    end += *bytes;
  }
  std::size_t const twice =
      duplicate_name(tensors, [](safetensors::tensor const& t) { return std::string_view(t.name); });
  if (twice != tensors.size()) {
    return failed(error_code::name, "tensors", twice, "two tensors are called " + shown(tensors[twice].name));
  }
  header += '}';
  // 3. Spaces, so that the data begins at a multiple of 8.
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > safetensors::max_header_bytes) {
    return failed(error_code::size, "tensors", error::no_index,
                  "the header takes " + std::to_string(header.size()) + " bytes, expected " +
                      std::to_string(safetensors::max_header_bytes) + " at most");
  }
  std::byte length[8];
  store_little_endian(static_cast<std::uint64_t>(header.size()), length);
  return std::string(reinterpret_cast<char const*>(length), sizeof length) + header;
}

}  // namespace detail

namespace safetensors {

/// The file that `bytes` hold; it views them, so they must live as long as it.
///
/// Errors  error_code::syntax: the header is not UTF-8 or not the JSON of this format (a key twice, missing or unknown, a
///         number that is not a plain integer, nesting, a value that is not a string in `__metadata__`); size: lengths and
///         offsets that do not fit the file, the shape or each other; shape: see detail::bytes_of, or more than max_rank
///         extents; name: an empty name, or one that stands twice. The message names the tensor and what was expected;
///         index() is its position in the header, for syntax the position in the header's text.
/// Notes   A dtype of a later version does not make the rest of the file unreadable: such a tensor is listed as
///         dtype::unknown, with its dtype_name and its bytes, and only to_float refuses it.
/// Source  the format's README and safetensors 0.7, tensor.rs. Stricter than that reader: the header begins with '{', keys
///         are distinct and known, names are not empty, F4 rows are even, shapes have at most max_rank extents.
inline result<file> try_parse(std::span<std::byte const> bytes) { return detail::safetensors_parser("").parse(bytes); }

/// try_parse, but a failure is thrown.
inline file parse(std::span<std::byte const> bytes) { return try_parse(bytes).value(); }

/// The file at `path`, read into memory.
///
/// Errors  as try_parse; error_code::io where the file cannot be opened or read. The message begins with the path.
inline result<file> try_read(std::string const& path) { return detail::safetensors_parser(path).read(path); }

/// try_read, but a failure is thrown.
inline file read(std::string const& path) { return try_read(path).value(); }

/// The bytes of a file with these tensors, in this order.
///
/// Meaning  canonical: metadata first and left out where empty, keys in the order dtype, shape, data_offsets, no whitespace
///          but spaces that pad the header to a multiple of 8; so what has been written, read and written again is the same.
/// Errors   error_code::name: a name that is empty, reserved, not UTF-8 or there twice, dtype::unknown; shape and size: data
///          that is not what dtype and shape say, or a header beyond max_header_bytes; value: metadata that is not UTF-8.
inline result<std::vector<std::byte>> try_serialize(std::span<tensor const> tensors,
                                                    metadata_list const& metadata = {}) {
  result<std::string> const header = detail::safetensors_header(tensors, metadata);
  if (!header) {
    return header.error();
  }
  auto const header_bytes = std::as_bytes(std::span(*header));
  std::size_t size = header_bytes.size();
  for (tensor const& t : tensors) {
    size += t.data.size();
  }
  std::vector<std::byte> out;
  out.reserve(size);
  out.insert(out.end(), header_bytes.begin(), header_bytes.end());
  for (tensor const& t : tensors) {
    out.insert(out.end(), t.data.begin(), t.data.end());
  }
  return out;
}

/// try_serialize, but a failure is thrown.
inline std::vector<std::byte> serialize(std::span<tensor const> tensors, metadata_list const& metadata = {}) {
  return try_serialize(tensors, metadata).value();
}

/// Writes the file that try_serialize describes to `path`; returns its size in bytes.
///
/// Errors  as try_serialize, before anything is written; error_code::io where the file cannot be created or written.
/// Notes   The bytes go to `path` + ".partial", which then takes the name `path`: a failure leaves the file that was there.
inline result<std::size_t> try_write(std::string const& path, std::span<tensor const> tensors,
                                     metadata_list const& metadata = {}) {
  result<std::string> const header = detail::safetensors_header(tensors, metadata);
  if (!header) {
    return header.error();
  }
  auto const failed = [&path](std::string const& what) {
    return error(error_code::io, "path", "safetensors: " + path + ": " + what);
  };
  std::string const partial = path + ".partial";
  std::FILE* const stream = std::fopen(partial.c_str(), "wb");
  if (stream == nullptr) {
    return failed("the file " + detail::shown(partial) + " cannot be created");
  }
  std::size_t size = header->size();
  bool good = std::fwrite(header->data(), 1, header->size(), stream) == header->size();
  for (tensor const& t : tensors) {
    good = good && (t.data.empty() || std::fwrite(t.data.data(), 1, t.data.size(), stream) == t.data.size());
    size += t.data.size();
  }
  good = std::fclose(stream) == 0 && good;  // a full disk may show only here
  if (!good) {
    std::remove(partial.c_str());
    return failed("the file cannot be written (is the disk full?)");
  }
  // POSIX replaces the file there, others refuse to.
  if (std::rename(partial.c_str(), path.c_str()) != 0 &&
      (std::remove(path.c_str()) != 0 || std::rename(partial.c_str(), path.c_str()) != 0)) {
    std::remove(partial.c_str());
    return failed("the file cannot be created");
  }
  return size;
}

/// try_write, but a failure is thrown.
inline std::size_t write(std::string const& path, std::span<tensor const> tensors, metadata_list const& metadata = {}) {
  return try_write(path, tensors, metadata).value();
}

}  // namespace safetensors

}  // namespace lowp::inline LOWP_ABI

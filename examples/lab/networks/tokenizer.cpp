// SPDX-License-Identifier: Apache-2.0
#include "tokenizer.hpp"

#include <cmath>

#include "input_file.hpp"

namespace lab {
namespace {

constexpr std::uint64_t pair_of(int a, int b) noexcept {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(a)) << 32U | static_cast<std::uint32_t>(b);
}

/// Bytes of the code point that begins with `lead`, as UTF-8 says; 1 for what cannot begin one.
constexpr std::size_t length_of(unsigned char lead) noexcept {
  return lead < 0xc0U ? 1 : lead < 0xe0U ? 2 : lead < 0xf0U ? 3 : 4;
}

}  // namespace

tokenizer::tokenizer(std::string const& path, std::size_t vocabulary) {
  constexpr std::int32_t longest = 512;
  std::vector<std::byte> const bytes = read_file(path, std::size_t{1} << 27U);
  byte_reader in(bytes, path);
  in.i32("the length of the longest piece");
  for (std::size_t id = 0; id < vocabulary; ++id) {
    std::string const piece = "piece " + std::to_string(id) + " of " + std::to_string(vocabulary);
    float const score = in.f32(piece);
    std::int32_t const length = in.i32(piece);
    if (length < 0 || length > longest || !std::isfinite(score)) {
      refuse_file(lowp::error_code::value, path,
                  piece + " claims " + std::to_string(length) + " bytes and the score " + std::to_string(score) +
                      ", expected 0 to " + std::to_string(longest) + " bytes and a finite score",
                  id);
    }
    scores_.push_back(score);
    pieces_.push_back(in.text(static_cast<std::size_t>(length), piece));
    ids_.emplace(pieces_.back(), static_cast<int>(id));
  }
  if (in.left() != 0) {
    refuse_file(lowp::error_code::size, path, "the file goes on after its " + std::to_string(vocabulary) + " pieces");
  }
  // Which two pieces make a third: every way to cut it.
  for (std::size_t id = 0; id < vocabulary; ++id) {
    for (std::size_t cut = 1; cut < pieces_[id].size(); ++cut) {
      auto const left = ids_.find(pieces_[id].substr(0, cut));
      auto const right = ids_.find(pieces_[id].substr(cut));
      if (left != ids_.end() && right != ids_.end()) {
        merged_.emplace(pair_of(left->second, right->second), ids_.at(pieces_[id]));
      }
    }
  }
}

std::vector<int> tokenizer::encode(std::string_view text) const {
  std::vector<int> ids{begin};
  if (text.empty()) {
    return ids;
  }
  auto const append = [&](std::string const& piece) {
    if (auto const known = ids_.find(piece); known != ids_.end()) {
      ids.push_back(known->second);
      return;
    }
    for (char const c : piece) {
      int const id = static_cast<unsigned char>(c) + first_byte;
      ids.push_back(static_cast<std::size_t>(id) < pieces_.size() ? id : 0);
    }
  };
  append(" ");
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const length = length_of(static_cast<unsigned char>(text[at]));
    append(std::string(text.substr(at, length)));
    at += length;
  }
  for (;;) {
    std::size_t best = ids.size();
    int piece = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      auto const joined = merged_.find(pair_of(ids[i], ids[i + 1]));
      if (joined != merged_.end() && (best == ids.size() || scores_[static_cast<std::size_t>(joined->second)] >
                                                                scores_[static_cast<std::size_t>(piece)])) {
        best = i;
        piece = joined->second;
      }
    }
    if (best == ids.size()) {
      return ids;
    }
    ids[best] = piece;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::string tokenizer::decode(int before, int id) const {
  if (id >= first_byte && id < first_byte + 256) {
    return {static_cast<char>(id - first_byte)};
  }
  if (id <= end || static_cast<std::size_t>(id) >= pieces_.size()) {
    return "";
  }
  std::string const& piece = pieces_[static_cast<std::size_t>(id)];
  return before == begin && !piece.empty() && piece[0] == ' ' ? piece.substr(1) : piece;
}

}  // namespace lab

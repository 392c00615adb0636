// SPDX-License-Identifier: Apache-2.0
#include "stories.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

#include <lowp/kernel/nonlinear.hpp>

#include "input_file.hpp"

namespace lab {
namespace {

constexpr std::string_view end_of_text = "<|endoftext|>";

void add_to(std::vector<float>& x, std::vector<float> const& y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] += y[i];
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  std::size_t const first = text.find_first_not_of(blanks);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string with_separators(std::size_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace

stories::stories(files const& from) : called_(from.called) {
  read_checkpoint(from.checkpoint);
  tokenizer_ = std::make_unique<tokenizer const>(from.tokenizer, extents_.vocabulary);
  read_text(from);
}

std::string stories::inputs() const {
  return with_separators(items_) + " tokens of " + text_called_ + ", " + std::to_string(texts_.size()) + " stories";
}

void stories::read_checkpoint(std::string const& path) {
  constexpr std::size_t most_bytes = std::size_t{1} << 32U;
  std::vector<std::byte> const bytes = read_file(path, most_bytes);
  byte_reader in(bytes, path);

  // 1. Seven extents, each of a size that a model can have, so that no product of them overflows.
  struct bounds {
    char const* what;
    std::int32_t most;
  };
  constexpr bounds expected[] = {{"dim", 1 << 14},      {"hidden", 1 << 16},   {"layers", 1 << 10},
                                 {"heads", 1 << 10},    {"kv_heads", 1 << 10}, {"vocabulary", 1 << 20},
                                 {"positions", 1 << 20}};
  std::size_t n[std::size(expected)];
  bool own_head = false;
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    std::int32_t value = in.i32("a header of seven numbers");
    if (i == 5 && value < 0 && value >= -expected[i].most) {
      own_head = true;  // a negative vocabulary: the head is not the embedding
      value = -value;
    }
    if (value < 1 || value > expected[i].most) {
      refuse_file(lowp::error_code::value, path,
                  std::string(expected[i].what) + " is " + std::to_string(value) + ", expected 1 to " +
                      std::to_string(expected[i].most) + "; is this a checkpoint of llama2.c?",
                  i);
    }
    n[i] = static_cast<std::size_t>(value);
  }
  extents_ = {n[0], n[1], n[2], n[3], n[4], n[5], n[6]};
  extents const& e = extents_;
  if (e.dim % e.heads != 0 || e.head() % 2 != 0 || e.heads % e.kv_heads != 0) {
    refuse_file(lowp::error_code::shape, path,
                std::to_string(e.dim) + " elements, " + std::to_string(e.heads) + " heads and " +
                    std::to_string(e.kv_heads) +
                    " of keys, expected heads of an even number of elements, each key head for as many query heads");
  }

  // 2. The size that follows from them.
  std::uint64_t const of_block = 2 * e.dim + 2 * e.dim * e.dim + 2 * e.dim * e.kv() + 3 * e.dim * e.hidden;
  std::uint64_t const floats = std::uint64_t{e.vocabulary} * e.dim * (own_head ? 2 : 1) + e.layers * of_block + e.dim +
                               std::uint64_t{e.positions} * e.head();
  std::uint64_t const size = 4 * (std::size(expected) + floats);
  if (size != bytes.size()) {
    refuse_file(lowp::error_code::size, path,
                "the file has " + std::to_string(bytes.size()) + " bytes, expected " + std::to_string(size) +
                    " for the extents in its header");
  }

  // 3. Arrays, each of all blocks.
  auto const take = [&](std::size_t count, std::string const& name) {
    std::vector<float> values(count);
    for (float& x : values) {
      x = in.f32(name);
    }
    check_finite(values, path, name);
    return values;
  };
  auto const take_all = [&](std::size_t count, std::string const& name) {
    std::vector<std::vector<float>> all;
    for (std::size_t i = 0; i < e.layers; ++i) {
      all.push_back(take(count, "blocks." + std::to_string(i) + "." + name));
    }
    return all;
  };
  embedding_ = take(e.vocabulary * e.dim, "embedding");
  auto attention_gain = take_all(e.dim, "attention_norm");
  auto wq = take_all(e.dim * e.dim, "wq");
  auto wk = take_all(e.kv() * e.dim, "wk");
  auto wv = take_all(e.kv() * e.dim, "wv");
  auto wo = take_all(e.dim * e.dim, "wo");
  auto mlp_gain = take_all(e.dim, "mlp_norm");
  auto w1 = take_all(e.hidden * e.dim, "w1");
  auto w2 = take_all(e.dim * e.hidden, "w2");
  auto w3 = take_all(e.hidden * e.dim, "w3");
  final_gain_ = take(e.dim, "final_norm");
  in.skip(4 * e.positions * e.head(), "the tables of RoPE");  // computed here
  for (std::size_t i = 0; i < e.layers; ++i) {
    std::string const at = "blocks." + std::to_string(i) + ".";
    block b;
    b.wq = layers_.add(at + "wq", e.dim, e.dim, std::move(wq[i]));
    b.wk = layers_.add(at + "wk", e.kv(), e.dim, std::move(wk[i]));
    b.wv = layers_.add(at + "wv", e.kv(), e.dim, std::move(wv[i]));
    b.wo = layers_.add(at + "wo", e.dim, e.dim, std::move(wo[i]));
    b.w1 = layers_.add(at + "w1", e.hidden, e.dim, std::move(w1[i]));
    b.w2 = layers_.add(at + "w2", e.dim, e.hidden, std::move(w2[i]));
    b.w3 = layers_.add(at + "w3", e.hidden, e.dim, std::move(w3[i]));
    b.attention_gain = std::move(attention_gain[i]);
    b.mlp_gain = std::move(mlp_gain[i]);
    blocks_.push_back(std::move(b));
  }
  head_ = layers_.add("head", e.vocabulary, e.dim, own_head ? take(e.vocabulary * e.dim, "head") : embedding_);
}

void stories::read_text(files const& from) {
  std::vector<std::byte> const bytes = read_file(from.text, std::size_t{1} << 26U);
  byte_reader in(bytes, from.text);
  std::string const all = in.text(bytes.size(), "text");
  std::string_view rest = all;
  while (!rest.empty()) {
    std::size_t const end = rest.find(end_of_text);
    std::string_view const story = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + end_of_text.size());
    if (!story.empty()) {
      std::vector<int> ids = tokenizer_->encode(story);
      // A story longer than what the model was trained for is read as far as that goes.
      ids.resize(std::min(ids.size(), extents_.positions + 1));
      items_ += ids.size() - 1;
      texts_.push_back(std::move(ids));
    }
  }
  if (items_ == 0) {
    refuse_file(lowp::error_code::syntax, from.text,
                "there is no story, expected text with lines " + std::string(end_of_text));
  }
  text_called_ = from.text_called.empty() ? from.text.substr(from.text.find_last_of('/') + 1) : from.text_called;
}

answers stories::answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const {
  answers out;
  out.classes = extents_.vocabulary;
  count = std::min(count, items_);
  for (std::vector<int> const& ids : texts_) {
    if (out.labels.size() == count) {
      break;
    }
    std::size_t const tokens = std::min(ids.size() - 1, count - out.labels.size());
    memory past(extents_, tokens);
    std::vector<float> const logits = forward(p, std::span(ids).first(tokens), past);
    out.logits.insert(out.logits.end(), logits.begin(), logits.end());
    out.labels.insert(out.labels.end(), ids.begin() + 1, ids.begin() + 1 + static_cast<std::ptrdiff_t>(tokens));
    if (progress && !progress(out.labels.size())) {
      break;
    }
  }
  return out;
}

std::string stories::generate(products& p, std::string_view prompt, std::size_t tokens,
                              std::function<bool(std::string_view)> const& hear) const {
  std::vector<int> ids = tokenizer_->encode(prompt);
  tokens = std::min(tokens, extents_.positions);
  ids.resize(std::min(ids.size(), std::max<std::size_t>(tokens, 1)));
  std::string story;
  bool wanted = true;
  auto const tell = [&](int before, int id) {
    std::string const piece = tokenizer_->decode(before, id);
    story += piece;
    wanted = wanted && (!hear || piece.empty() || hear(piece));
  };
  for (std::size_t i = 1; i < ids.size(); ++i) {
    tell(ids[i - 1], ids[i]);
  }
  memory past(extents_, std::max(tokens, ids.size()));
  std::vector<int> next = ids;
  std::size_t read = 0;
  while (wanted && read + next.size() < tokens) {
    std::vector<float> const logits = forward(p, next, past);
    read += next.size();
    auto const row = logits.end() - static_cast<std::ptrdiff_t>(extents_.vocabulary);
    auto const likeliest = static_cast<int>(std::max_element(row, logits.end()) - row);
    if (likeliest == tokenizer::begin || likeliest == tokenizer::end) {
      break;
    }
    tell(next.back(), likeliest);
    next.assign(1, likeliest);
  }
  return story;
}

std::vector<float> stories::normalised(std::vector<float> const& x, std::vector<float> const& gain) const {
  std::size_t const dim = extents_.dim;
  std::vector<float> out(x.size());
  for (std::size_t row = 0; row < x.size(); row += dim) {
    double squares = 0;
    for (std::size_t i = 0; i < dim; ++i) {
      squares += static_cast<double>(x[row + i]) * static_cast<double>(x[row + i]);
    }
    double const factor = 1.0 / std::sqrt(squares / static_cast<double>(dim) + 1e-5);
    for (std::size_t i = 0; i < dim; ++i) {
      out[row + i] = static_cast<float>(static_cast<double>(gain[i]) * (factor * static_cast<double>(x[row + i])));
    }
  }
  return out;
}

void stories::rotate(std::span<float> row, std::size_t position) const {
  std::size_t const head = extents_.head();
  for (std::size_t i = 0; i < head; i += 2) {
    double const angle =
        static_cast<double>(position) / std::pow(10000.0, static_cast<double>(i) / static_cast<double>(head));
    auto const c = static_cast<double>(static_cast<float>(std::cos(angle)));
    auto const s = static_cast<double>(static_cast<float>(std::sin(angle)));
    for (std::size_t at = i; at < row.size(); at += head) {
      auto const a = static_cast<double>(row[at]);
      auto const b = static_cast<double>(row[at + 1]);
      row[at] = static_cast<float>(a * c - b * s);
      row[at + 1] = static_cast<float>(a * s + b * c);
    }
  }
}

std::vector<float> stories::attend(products& p, std::size_t block_index, std::vector<float>& q, std::vector<float>& k,
                                   std::vector<float>& v, memory& past) const {
  extents const& e = extents_;
  std::size_t const head = e.head();
  std::size_t const tokens = q.size() / e.dim;
  attention_memory& block_past = past.blocks[block_index];

  // 1. Positions, then what the cache makes of keys and values.
  for (std::size_t t = 0; t < tokens; ++t) {
    std::span<float> const key = std::span(k).subspan(t * e.kv(), e.kv());
    std::span<float> const value = std::span(v).subspan(t * e.kv(), e.kv());
    rotate(std::span(q).subspan(t * e.dim, e.dim), past.used + t);
    rotate(key, past.used + t);
    p.keep(key);
    p.keep(value);
    block_past.put(past.used + t, key, value);
  }

  // 2. Each token sees itself and those before it.
  std::vector<float> out(q.size());
  double const scale = 1.0 / std::sqrt(static_cast<double>(head));
  for (std::size_t t = 0; t < tokens; ++t) {
    for (std::size_t h = 0; h < e.heads; ++h) {
      std::size_t const at = t * e.dim + h * head;
      block_past.attend(std::span(q).subspan(at, head), h / (e.heads / e.kv_heads) * head, past.used + t + 1, scale,
                        std::span(out).subspan(at, head));
    }
  }
  return out;
}

std::vector<float> stories::forward(products& p, std::span<int const> tokens, memory& past) const {
  std::vector<float> x;
  for (int const id : tokens) {
    auto const at = embedding_.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(id) * extents_.dim);
    x.insert(x.end(), at, at + static_cast<std::ptrdiff_t>(extents_.dim));
  }
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    block const& b = blocks_[i];
    std::vector<float> in = normalised(x, b.attention_gain);
    std::vector<float> q = layers_.multiply(p, b.wq, in);
    std::vector<float> k = layers_.multiply(p, b.wk, in);
    std::vector<float> v = layers_.multiply(p, b.wv, in);
    add_to(x, layers_.multiply(p, b.wo, attend(p, i, q, k, v, past)));

    in = normalised(x, b.mlp_gain);
    std::vector<float> gate = layers_.multiply(p, b.w1, in);
    std::vector<float> const up = layers_.multiply(p, b.w3, in);
    for (std::size_t j = 0; j < gate.size(); ++j) {
      gate[j] = lowp::detail::silu(gate[j]) * up[j];
    }
    add_to(x, layers_.multiply(p, b.w2, gate));
  }
  past.used += tokens.size();
  return layers_.multiply(p, head_, normalised(x, final_gain_));
}

}  // namespace lab

// SPDX-License-Identifier: Apache-2.0
//
// Language models of llama2.c ("version 0" checkpoints): stories260K and its larger sisters.
//
//   RMSNorm -> q, k, v -> RoPE on neighbouring pairs inside each head -> causal attention, a key/value head for several query
//   heads -> wo, add -> RMSNorm -> w2(silu(w1 x) * w3 x), add -> ... -> RMSNorm -> head
//
// Sums run in double over exact products and are rounded once; exp is our own and silu is lowp's: nothing depends on the
// machine's fused operations or its libm (but for the sines of RoPE, rounded to float).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../network.hpp"
#include "attention.hpp"
#include "layer_list.hpp"
#include "tokenizer.hpp"

namespace lab {

class stories final : public network {
 public:
  /// Where the model and what it reads are.
  struct files {
    std::string checkpoint;
    std::string tokenizer;
    std::string text;         ///< stories, each ended by a line <|endoftext|>
    std::string text_called;  ///< for inputs(); empty: as the file
    std::string called;       ///< for name()
  };

  /// Errors  lowp::error that names the file: error_code::io; size for a file that is not as long as its header says;
  ///         value for extents that make no sense and weights that are not finite.
  explicit stories(files const& from);

  std::string name() const override { return called_; }
  std::string inputs() const override;
  std::string item() const override { return "token"; }
  std::span<layer const> layers() const override { return layers_.all(); }
  std::size_t items() const override { return items_; }
  answers answer(products& p, std::size_t count, std::function<bool(std::size_t)> const& progress) const override;

  /// Goes on after `prompt`, always with the likeliest token, to `tokens` tokens in all (the prompt's among them) or the
  /// story's end. `hear`, where it is given, gets each piece of text as it comes and says whether to go on.
  ///
  /// Meaning  with the prompt's text: what is returned is the story.
  std::string generate(products& p, std::string_view prompt, std::size_t tokens,
                       std::function<bool(std::string_view)> const& hear = nullptr) const;

 private:
  struct extents {
    std::size_t dim = 0;
    std::size_t hidden = 0;
    std::size_t layers = 0;
    std::size_t heads = 0;
    std::size_t kv_heads = 0;
    std::size_t vocabulary = 0;
    std::size_t positions = 0;

    std::size_t head() const noexcept { return dim / heads; }
    std::size_t kv() const noexcept { return head() * kv_heads; }
  };
  struct block {
    std::size_t wq, wk, wv, wo, w1, w2, w3;  // indices of layers
    std::vector<float> attention_gain;
    std::vector<float> mlp_gain;
  };

  /// What has been read so far.
  struct memory {
    memory(extents const& e, std::size_t positions) : blocks(e.layers, attention_memory(e.kv(), positions)) {}
    std::size_t used = 0;
    std::vector<attention_memory> blocks;
  };

  void read_checkpoint(std::string const& path);
  void read_text(files const& from);

  /// The logits after each of `tokens`, which follow what `past` holds.
  std::vector<float> forward(products& p, std::span<int const> tokens, memory& past) const;
  std::vector<float> attend(products& p, std::size_t block_index, std::vector<float>& q, std::vector<float>& k,
                            std::vector<float>& v, memory& past) const;
  void rotate(std::span<float> row, std::size_t position) const;
  std::vector<float> normalised(std::vector<float> const& x, std::vector<float> const& gain) const;

  extents extents_;
  std::vector<float> embedding_;
  std::vector<block> blocks_;
  std::vector<float> final_gain_;
  std::size_t head_ = 0;
  layer_list layers_;
  std::unique_ptr<tokenizer const> tokenizer_;
  std::vector<std::vector<int>> texts_;  // begin token first
  std::size_t items_ = 0;
  std::string called_;
  std::string text_called_;
};

}  // namespace lab

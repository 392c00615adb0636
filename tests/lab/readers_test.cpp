// SPDX-License-Identifier: Apache-2.0
//
// What the lab reads is hostile: whatever is wrong with a file, the error names it and what was expected. The files are
// written here, so that nothing is needed.
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "execution.hpp"
#include "lab_data.hpp"
#include "networks/catalog.hpp"
#include "networks/stories.hpp"
#include "networks/tokenizer.hpp"
#include "networks/wav.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;

namespace {

class temporary_folder {
 public:
  temporary_folder() : path_(fs::temp_directory_path() / ("lowp_lab_readers_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  temporary_folder(temporary_folder const&) = delete;
  temporary_folder& operator=(temporary_folder const&) = delete;

  std::string folder() const { return path_.string(); }
  std::string write(std::string const& name, std::string const& bytes) const {
    std::ofstream((path_ / name).string(), std::ios::binary) << bytes;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

std::string read(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string u16(unsigned x) { return {static_cast<char>(x & 0xffU), static_cast<char>(x >> 8U & 0xffU)}; }
std::string u32(std::uint32_t x) { return u16(x & 0xffffU) + u16(x >> 16U); }
std::string f32(float x) { return u32(std::bit_cast<std::uint32_t>(x)); }

// A Llama of one block, dim 8, hidden 12, 2 heads that share one of keys, 262 pieces, 32 positions.
constexpr std::int32_t extents[] = {8, 12, 1, 2, 1, 262, 32};
constexpr std::size_t floats = 262 * 8 + 8 + 64 + 32 + 32 + 64 + 8 + 3 * 96 + 8 + 32 * 4;

std::string checkpoint() {
  std::string out;
  for (std::int32_t const e : extents) {
    out += u32(static_cast<std::uint32_t>(e));
  }
  for (std::size_t i = 0; i < floats; ++i) {
    out += f32(static_cast<float>(i * 37 % 101) / 100.0F - 0.5F);
  }
  return out;
}

// 0 to 2 special, 3 to 258 bytes, then " ", "a", " a".
std::string pieces() {
  std::string out = u32(2);
  auto const add = [&](float score, std::string const& piece) {
    out += f32(score) + u32(static_cast<std::uint32_t>(piece.size())) + piece;
  };
  for (int id = 0; id < 259; ++id) {
    add(0.0F, std::string("<").append(std::to_string(id)).append(">"));
  }
  add(-1.0F, " ");
  add(-2.0F, "a");
  add(-3.0F, " a");
  return out;
}

// What `call` says when it refuses a file.
template <class Call>
lowp::error refusal(Call call) {
  try {
    call();
  } catch (lowp::error const& e) {
    return e;
  }
  return {lowp::error_code::overlap, "", "nothing was refused"};
}

bool says(lowp::error const& e, lowp::error_code code, std::string const& part) {
  UNSCOPED_INFO(e.what());
  return e.code() == code && std::string(e.what()).find(part) != std::string::npos;
}

using lowp::error_code;

}  // namespace

TEST_CASE("stories: a small model from files, its tokens, its story") {
  temporary_folder const at;
  lab::stories::files const from{at.write("m.bin", checkpoint()), at.write("t.bin", pieces()),
                                 at.write("text.txt", "\na a\xC3\xA9\n<|endoftext|>\naaa\n"), "", "small"};
  lab::stories const model(from);
  CHECK(model.name() == "small");
  CHECK(model.layers().size() == 8);
  CHECK(model.layers()[6].name == "blocks.0.w3");
  CHECK(model.layers()[7].name == "head");
  // " a", " a", two bytes; " a", "a", "a".
  CHECK(model.items() == 7);
  CHECK(model.inputs() == "7 tokens of text.txt, 2 stories");
  lab::tokenizer const words(from.tokenizer, 262);
  CHECK(words.encode("a a\xC3\xA9") == std::vector<int>{1, 261, 261, 0xC3 + 3, 0xA9 + 3});
  CHECK(words.encode("") == std::vector<int>{1});
  CHECK(words.decode(1, 261) == "a");
  CHECK(words.decode(5, 261) == " a");
  CHECK(words.decode(5, 3 + 65) == "A");

  auto const p = lab::fake_quantized(model, {});
  lab::answers const all = model.answer(*p, 100, nullptr);
  CHECK(all.classes == 262);
  CHECK(all.labels == std::vector<int>{261, 261, 0xC3 + 3, 0xA9 + 3, 261, 260, 260});
  lab::answers const five = model.answer(*p, 5, nullptr);
  CHECK(five.labels.size() == 5);
  CHECK(std::equal(five.logits.begin(), five.logits.end(), all.logits.begin()));
  // A token at a time gives what all together give.
  std::string const story = model.generate(*p, "a", 20);
  CHECK(story == model.generate(*p, story, 20).substr(0, story.size()));
  std::size_t pieces_heard = 0;
  model.generate(*p, "", 30, [&](std::string_view) { return ++pieces_heard < 3; });
  CHECK(pieces_heard <= 3);
  // The cache passes through the treatment.
  lab::treatment t;
  t.cache = lab::unscaled(lowp::any_format::of<lowp::e2m1fn>());
  CHECK(model.answer(*lab::fake_quantized(model, t), 7, nullptr).logits != all.logits);
}

TEST_CASE("stories: refused checkpoints") {
  temporary_folder const at;
  std::string const good = checkpoint();
  std::string const words = at.write("t.bin", pieces());
  std::string const text = at.write("text.txt", "a");
  auto const open = [&](std::string const& bytes) {
    return refusal([&] { lab::stories({at.write("m.bin", bytes), words, text, "", "x"}); });
  };
  auto const with = [&](std::size_t position, std::string const& bytes) {
    std::string out = good;
    return out.replace(position, bytes.size(), bytes);
  };
  CHECK(says(open(good.substr(0, 20)), error_code::size, "header of seven numbers"));
  CHECK(says(open(good.substr(0, good.size() - 1)), error_code::size, "expected " + std::to_string(good.size())));
  CHECK(says(open(good + "x"), error_code::size, "m.bin: the file has"));
  CHECK(says(open(with(0, u32(0))), error_code::value, "dim is 0"));
  CHECK(says(open(with(8, u32(0x7fff'ffff))), error_code::value, "layers is 2147483647"));
  CHECK(says(open(with(20, u32(0x8000'0000U))), error_code::value, "vocabulary is -2147483648"));
  CHECK(says(open(with(12, u32(3))), error_code::shape, "3 heads"));
  CHECK(says(open(with(16, u32(0xffff'ffffU))), error_code::value, "kv_heads is -1"));
  CHECK(says(open(with(4, u32(1 << 16))), error_code::size, "expected"));
  float const nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(says(open(with(28 + 4 * (262 * 8 + 8 + 5), f32(nan))), error_code::value, "element 5 of 'blocks.0.wq' is NaN"));
  float const inf = std::numeric_limits<float>::infinity();
  CHECK(says(open(with(28, f32(inf))), error_code::value, "element 0 of 'embedding' is infinite"));
  // Every extent that a header can claim: refused, never followed.
  for (std::size_t i = 0; i < 7; ++i) {
    for (std::uint32_t const n : {0U, 1U, 7U, 4096U, 1U << 20U, 0x7fff'ffffU, 0x8000'0001U, 0xffff'ff00U}) {
      if (n != static_cast<std::uint32_t>(extents[i])) {
        CHECK(open(with(4 * i, u32(n))).argument() == "file");
      }
    }
  }
  // A head of its own behind the rest.
  std::string own = with(20, u32(static_cast<std::uint32_t>(-262)));
  CHECK(says(open(own), error_code::size, "expected"));
  own += std::string(4 * 262 * 8, '\0');
  CHECK(says(open(own), error_code::overlap, "nothing was refused"));
  CHECK(says(refusal([&] { lab::stories({at.folder() + "/none", words, text, "", "x"}); }), error_code::io, "none"));
  CHECK(says(refusal([&] {
               lab::stories({at.write("m.bin", good), words, at.write("e", " \n"), "", "x"});
             }),
             error_code::syntax, "no story"));
}

TEST_CASE("tokenizer: refused files") {
  temporary_folder const at;
  std::string const good = pieces();
  auto const open = [&](std::string const& bytes) {
    return refusal([&] { lab::tokenizer(at.write("t.bin", bytes), 262); });
  };
  CHECK(says(open(""), error_code::size, "t.bin: the file ends after 0 bytes"));
  CHECK(says(open(good.substr(0, good.size() - 1)), error_code::size, "piece 261 of 262"));
  CHECK(says(open(good + "x"), error_code::size, "goes on after its 262 pieces"));
  CHECK(says(open(std::string(good).replace(8, 4, u32(0xffff'ffffU))), error_code::value, "piece 0 of 262 claims -1"));
  CHECK(says(open(std::string(good).replace(8, 4, u32(1U << 30U))), error_code::value, "0 to 512"));
  CHECK(says(open(std::string(good).replace(4, 4, u32(0x7fc0'0000U))), error_code::value, "finite score"));
}

TEST_CASE("wav: samples, and refused files") {
  temporary_folder const at;
  auto const chunk = [](std::string const& id, std::string const& data) {
    return id + u32(static_cast<std::uint32_t>(data.size())) + data + std::string(data.size() % 2, '\0');
  };
  auto const format = [](unsigned kind, unsigned channels, std::uint32_t rate, unsigned bits) {
    return u16(kind) + u16(channels) + u32(rate) + u32(2 * rate) + u16(2) + u16(bits);
  };
  std::string const head = "RIFF" + u32(0) + "WAVE";
  std::string const plain = chunk("fmt ", format(1, 1, 16000, 16));
  auto const open = [&](std::string const& bytes) {
    return refusal([&] { lab::read_wav(at.write("s.wav", bytes), 16000); });
  };
  CHECK(lab::read_wav(at.write("s.wav", head + chunk("LIST", "odd") + plain + chunk("data", u16(0x8000) + u16(0x4000))),
                      16000) == std::vector<float>{-1.0F, 0.5F});
  CHECK(says(open("OggS"), error_code::size, "RIFF header"));
  CHECK(says(open("OggS" + head), error_code::syntax, "expected a wav file"));
  CHECK(says(open(head + plain), error_code::size, "a chunk 'data'"));
  CHECK(says(open(head + chunk("fmt ", "short")), error_code::syntax, "expected 16"));
  CHECK(says(open(head + chunk("data", "")), error_code::syntax, "before 'fmt '"));
  CHECK(says(open(head + chunk("fmt ", format(1, 2, 16000, 16))), error_code::value, "2 channels"));
  CHECK(says(open(head + chunk("fmt ", format(1, 1, 8000, 16))), error_code::value, "16000 Hz"));
  CHECK(says(open(head + plain + "data" + u32(0xffff'fffeU) + "ab"), error_code::size, "claims 4294967294 bytes"));
  CHECK(says(open(head + "LIST" + u32(0xffff'ffffU)), error_code::size, "a chunk and what follows it"));
}

TEST_CASE("catalog: names, missing files, broken ones") {
  temporary_folder const at;
  CHECK(says(refusal([&] { lab::open("nobody", at.folder()); }), error_code::name, "there are fashion, stories260K"));
  CHECK(says(refusal([&] { lab::open_stories("mnist", at.folder()); }), error_code::name, "no language model"));
  for (lab::known_network const& n : lab::catalog()) {
    CHECK_FALSE(lab::is_there(n, at.folder()));
    lowp::error const e = refusal([&] { lab::open(n.name, at.folder()); });
    CHECK(says(e, error_code::io, std::string(n.files[0].name)));
    CHECK(says(e, error_code::io, std::string(n.files[0].home)));
  }
  for (lab::needed_file const& f : lab::find_network("fashion").files) {
    fs::copy_file(lab_test::models + "/" + std::string(f.name), fs::path(at.folder()) / f.name);
  }
  CHECK(lab::open("fashion", at.folder())->layers().size() == 4);
  std::string const name = "fashion_cnn_f32.safetensors";
  std::string const weights = read(lab_test::models + "/" + name);
  auto const open = [&](std::string const& bytes) {
    at.write(name, bytes);
    return refusal([&] { lab::open("fashion", at.folder()); });
  };
  CHECK(says(open(weights.substr(0, weights.size() - 4)), error_code::size, name));
  CHECK(says(open(weights.substr(0, 5)), error_code::size, name));
  std::string other = weights;
  other.replace(other.find("conv2.weight"), 12, "conv9.weight");
  CHECK(says(open(other), error_code::name, "no tensor 'conv2.weight', expected one of the shape [32, 16, 3, 3]"));
  other = weights;
  other.replace(other.find("[16,1,3,3]"), 10, "[1,16,3,3]");
  CHECK(says(open(other), error_code::shape, "'conv1.weight' has the shape [1, 16, 3, 3], expected [16, 1, 3, 3]"));
  other = weights;
  other.replace(other.size() - 4, 4, u32(0x7fc0'0000U));
  CHECK(says(open(other), error_code::value, "is NaN, expected finite weights"));
}

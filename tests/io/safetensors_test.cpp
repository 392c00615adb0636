// SPDX-License-Identifier: Apache-2.0
#include <lowp/io/safetensors.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace safetensors_test {

namespace st = lowp::safetensors;
using lowp::error_code;
using namespace std::string_literals;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  auto const bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// A file by hand: the length field, `header` as it is, `data`.
std::string hand_made(std::string const& header, std::string const& data = "") {
  std::string out;
  for (unsigned i = 0; i < 8; ++i) {
    out += static_cast<char>(header.size() >> (8 * i) & 0xffU);
  }
  return out + header + data;
}

// What is wrong with the file, or a failed test.
lowp::error fault_of(std::string const& file) {
  auto const bytes = bytes_of(file);
  auto const got = st::try_parse(bytes);
  if (got) {
    FAIL("accepted: " << file.substr(8, 200));
  }
  return got.error();
}

void check_fault(std::string const& file, error_code code, std::string const& says) {
  lowp::error const fault = fault_of(file);
  INFO("message: " << fault.what());
  CHECK(fault.code() == code);
  CHECK(std::string(fault.what()).find(says) != std::string::npos);
  CHECK(std::string(fault.what()).find('\n') == std::string::npos);
  CHECK(std::string(fault.what()).size() < 600);
}

// The header {"t":{...}} with the given inside of the entry, before 8 bytes of data.
void check_entry_fault(std::string const& entry, error_code code, std::string const& says) {
  INFO("entry: " << entry);
  check_fault(hand_made("{\"t\":{" + entry + "}}", "12345678"), code, says);
}

// All that a file promises, checked from outside.
void check_consistent(st::file const& file, std::span<std::byte const> bytes) {
  std::byte const* next = nullptr;
  std::size_t covered = 0;
  for (st::tensor const& t : file.tensors()) {
    bool const inside = t.data.empty() ||
                        (t.data.data() >= bytes.data() && t.data.data() + t.data.size() <= bytes.data() + bytes.size());
    REQUIRE(inside);
    REQUIRE((next == nullptr || t.data.data() == next));
    next = t.data.data() + t.data.size();
    covered += t.data.size();
    REQUIRE(file.find(t.name) == &t);
    REQUIRE(!t.name.empty());
    auto const floats = st::try_to_float(t);
    if (t.type != st::dtype::unknown) {
      REQUIRE(t.size() * static_cast<std::size_t>(st::bits_of(t.type)) == t.data.size() * 8);
      REQUIRE((floats || t.type == st::dtype::boolean || t.type == st::dtype::c64));
    }
    if (floats) {
      REQUIRE(floats->size() == t.size());
    }
  }
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  REQUIRE(8 + header + covered == bytes.size());
}

// Not the same in two runs at a time.
std::string temporary_path(std::string const& name) {
  static std::string const run = std::to_string(std::random_device{}());
  char const* const folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/lowp_safetensors_test_" + run + "_" + name;
}

std::string read_all(std::string const& path) {
  std::FILE* const stream = std::fopen(path.c_str(), "rb");
  REQUIRE(stream != nullptr);
  std::string out;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stream)) > 0;) {
    out.append(buffer, got);
  }
  std::fclose(stream);
  return out;
}

void write_all(std::string const& path, std::string const& text) {
  std::FILE* const stream = std::fopen(path.c_str(), "wb");
  REQUIRE(stream != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), stream) == text.size());
  REQUIRE(std::fclose(stream) == 0);
}

std::string const models = LOWP_SOURCE_DIR "/examples/models";

}  // namespace

TEST_CASE("a file made by hand is read as it says", "[io]") {
  std::string const floats("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);  // 1, -2
  // The order of the header is not the order of the data; whitespace and escapes are JSON's.
  std::string const header =
      "{ \"b\\u00e9\\n\" : {\"shape\":[2], \"data_offsets\":[4,12],\r\n\"dtype\":\"F32\"},\t"
      "\"__metadata__\":{\"k\":\"v \\ud83d\\ude00\",\"a\":\"\"},"
      "\"a\":{\"dtype\":\"I8\",\"shape\":[2,1,2],\"data_offsets\":[0,4]},"
      "\"none\":{\"dtype\":\"F64\",\"shape\":[3,0],\"data_offsets\":[4,4]},"
      "\"scalar\":{\"dtype\":\"U16\",\"shape\":[],\"data_offsets\":[12,14]}}   ";
  auto const bytes = bytes_of(hand_made(header, "\x01\xff\x80\x7f" + floats + "\x02\x01"));
  st::file const file = st::parse(bytes);
  REQUIRE(file.tensors().size() == 4);
  CHECK(file.tensors()[0].name == "a");
  CHECK(file.tensors()[1].name == "none");
  CHECK(file.tensors()[2].name == "b\xc3\xa9\n");
  CHECK(file.tensors()[3].name == "scalar");
  CHECK(st::to_float(file.at("a")) == std::vector<float>{1, -1, -128, 127});
  CHECK(file.at("a").shape == std::vector<std::size_t>{2, 1, 2});
  CHECK(file.at("a").type == st::dtype::i8);
  CHECK(file.at("a").dtype_name == "I8");
  CHECK(st::to_float(file.at("none")).empty());
  CHECK(st::to_float(file.at("b\xc3\xa9\n")) == std::vector<float>{1, -2});
  CHECK(file.at("scalar").shape.empty());
  CHECK(file.at("scalar").size() == 1);
  CHECK(st::to_float(file.at("scalar")) == std::vector<float>{258});
  CHECK(file.metadata() == st::metadata_list{{"k", "v \xf0\x9f\x98\x80"}, {"a", ""}});
  CHECK(file.find("c") == nullptr);
  CHECK(file.find("") == nullptr);
  CHECK_THROWS_AS(file.at("c"), lowp::error);
  try {
    (void)file.at("c");
  } catch (lowp::error const& e) {
    CHECK(e.code() == error_code::name);
    CHECK(std::string(e.what()).find("'scalar'") != std::string::npos);
  }
  check_consistent(file, bytes);
}

TEST_CASE("a file without tensors is a file", "[io]") {
  for (std::string const& header : {"{}"s, "{ }  "s, "{\"__metadata__\":{}}"s}) {
    auto const bytes = bytes_of(hand_made(header));
    CHECK(st::parse(bytes).tensors().empty());
  }
}

TEST_CASE("moving a file keeps its views", "[io]") {
  st::file a = st::read(models + "/fashion_cnn_f32.safetensors");
  float const first = st::to_float(a.tensors()[0])[0];
  st::file b = std::move(a);
  st::file c;
  c = std::move(b);
  REQUIRE(c.tensors().size() == 8);
  CHECK(st::to_float(c.tensors()[0])[0] == first);
  CHECK(c.find("fc2.bias") == &c.at("fc2.bias"));
}

TEST_CASE("a tensor of an unknown dtype is listed, and only its values are refused", "[io]") {
  auto const bytes = bytes_of(hand_made(R"({"new":{"dtype":"F3_E1M1","shape":[5],"data_offsets":[0,2]},)"
                                        R"("z":{"dtype":"C64","shape":[1],"data_offsets":[3,11]},)"
                                        R"("old":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                                        "ab\x07"
                                        "12345678"));
  st::file const file = st::parse(bytes);
  check_consistent(file, bytes);
  st::tensor const& t = file.at("new");
  CHECK(t.type == st::dtype::unknown);
  CHECK(t.dtype_name == "F3_E1M1");
  CHECK(t.data.size() == 2);
  CHECK(st::to_float(file.at("old")) == std::vector<float>{7});
  auto const refused = st::try_to_float(t);
  REQUIRE(!refused);
  CHECK(refused.error().code() == error_code::name);
  CHECK(std::string(refused.error().what()).find("'F3_E1M1'") != std::string::npos);
  auto const complex = st::try_to_float(file.at("z"));
  REQUIRE(!complex);
  CHECK(complex.error().code() == error_code::name);
}

TEST_CASE("hostile lengths", "[io]") {
  check_fault("", error_code::size, "0 bytes");
  check_fault("\x02\0\0\0\0\0\0"s, error_code::size, "7 bytes");
  check_fault(hand_made(""), error_code::syntax, "no header");
  check_fault("\x03\0\0\0\0\0\0\0{}"s, error_code::size, "claims to have 3 bytes, expected 2 at most");
  check_fault("\x01\xe1\xf5\x05\0\0\0\0{}"s, error_code::size, "100000001 bytes");
  check_fault("\xff\xff\xff\xff\xff\xff\xff\xff{}", error_code::size, "18446744073709551615 bytes");
  check_fault("\xf8\xff\xff\xff\xff\xff\xff\xff{}", error_code::size, "18446744073709551608 bytes");
}

TEST_CASE("hostile text", "[io]") {
  auto const bad = [](std::string const& header, std::string const& says) {
    INFO("header: " << header.substr(0, 100));
    check_fault(hand_made(header), error_code::syntax, says);
  };
  bad(" {}", "expected '{' at the start");
  bad("[]", "expected '{' at the start");
  bad("x", "expected '{' at the start");
  bad("{", "expected a string");
  bad("{}x", "expected the end of the header");
  bad("{}{}", "expected the end of the header");
  bad("{}\0"s, "expected the end of the header");
  bad("{,}", "expected a string");
  bad("{\"a\"}", "expected ':'");
  bad("{\"a\":}", "tensor 'a': expected '{'");
  bad("{\"a\":null}", "expected '{'");
  bad("{\"a\":[]}", "expected '{'");
  bad("{\"a\":{}}", "the key 'dtype' is missing");
  bad("{'a':{}}", "expected a string");
  bad("{\"a", "at the end of a string");
  bad("{\"a\\", "one of the escapes");
  bad("{\"a\\x\":{}}", "one of the escapes");
  bad("{\"a\\\0\":{}}"s, "one of the escapes");
  bad("{\"\\u12g4\":{}}", "four hexadecimal digits");
  bad("{\"\\u12", "four hexadecimal digits");
  bad("{\"\\ud800\":{}}", "pair of surrogates");
  bad("{\"\\ud800\\u0041\":{}}", "pair of surrogates");
  bad("{\"\\udc00\":{}}", "pair of surrogates");
  bad("{\"\\udc00\\udc00\":{}}", "pair of surrogates");
  bad("{\"\\ud800\\ud800\":{}}", "pair of surrogates");
  bad("{\"a\nb\":{}}", "control character");
  bad("{\"a\":{\"dtype\":\"U8\",}}", "expected a string");
  bad("{\"__metadata__\":{\"a\":1}}", "'__metadata__': expected a string");
  bad("{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", "'__metadata__': expected a string");
  bad("{\"__metadata__\":{\"a\":null}}", "'__metadata__': expected a string");
  bad("{\"__metadata__\":null}", "'__metadata__': expected '{'");
  bad("{\"__metadata__\":[\"a\"]}", "'__metadata__': expected '{'");
  bad("{\"__metadata__\":{\"a\":\"b\"", "expected '}'");
  // Not UTF-8: a lone continuation, overlong forms, a surrogate, beyond U+10FFFF, cut sequences.
  for (std::string const& text :
       {"\x80"s, "\xc0\xaf"s, "\xc1\xbf"s, "\xe0\x80\xaf"s, "\xed\xa0\x80"s, "\xf0\x80\x80\x80"s, "\xf4\x90\x80\x80"s,
        "\xf5\x80\x80\x80"s, "\xff"s, "\xc3"s, "\xe2\x82"s, "\xf0\x9f\x98"s}) {
    bad("{\"" + text + "\":{}}", "byte 2 of the header is not UTF-8");
    bad("{}" + text, "byte 2 of the header is not UTF-8");
  }
}

TEST_CASE("depth costs nothing: nesting is refused where it starts", "[io]") {
  std::string const deep(1'000'000, '[');
  std::string const deeper = [] {
    std::string out;
    for (int i = 0; i < 200'000; ++i) {
      out += "{\"a\":";
    }
    return out;
  }();
  check_fault(hand_made(deep), error_code::syntax, "expected '{'");
  check_fault(hand_made(deeper), error_code::syntax, "tensor 'a': unknown key 'a'");
  check_fault(hand_made("{\"a\":" + deep), error_code::syntax, "expected '{'");
  check_fault(hand_made("{\"a\":{\"dtype\":\"U8\",\"shape\":" + deep), error_code::syntax,
              "shape: expected a non-negative");
  check_fault(hand_made("{\"a\":{\"extra\":" + deep), error_code::syntax, "unknown key 'extra'");
  check_fault(hand_made("{\"__metadata__\":{\"a\":" + deep), error_code::syntax, "expected a string");
}

TEST_CASE("hostile entries", "[io]") {
  std::string const dtype = R"("dtype":"U8")";
  std::string const shape = R"("shape":[8])";
  std::string const offsets = R"("data_offsets":[0,8])";
  {
    auto const good = bytes_of(hand_made("{\"t\":{" + offsets + "," + dtype + "," + shape + "}}", "12345678"));
    REQUIRE(st::try_parse(good).has_value());
  }
  check_entry_fault(shape + "," + offsets, error_code::syntax, "tensor 't': the key 'dtype' is missing");
  check_entry_fault(dtype + "," + offsets, error_code::syntax, "'shape' is missing");
  check_entry_fault(dtype + "," + shape, error_code::syntax, "'data_offsets' is missing");
  check_entry_fault(dtype + "," + shape + "," + offsets + "," + dtype, error_code::syntax,
                    "the key 'dtype' stands twice");
  check_entry_fault(dtype + "," + shape + "," + offsets + "," + shape, error_code::syntax,
                    "the key 'shape' stands twice");
  check_entry_fault(offsets + "," + offsets + "," + dtype + "," + shape, error_code::syntax,
                    "'data_offsets' stands twice");
  check_entry_fault(dtype + "," + shape + "," + offsets + ",\"x\":1", error_code::syntax, "unknown key 'x'");
  check_entry_fault(shape + "," + offsets + ",\"dtype\":8", error_code::syntax, "dtype: expected a string");
  check_entry_fault(shape + "," + offsets + ",\"dtype\":null", error_code::syntax, "dtype: expected a string");

  for (std::string const& number : {"-1"s, "-0"s, "+8"s, "8.0"s, "8e0"s, "8E0"s, "0.8e1"s, "08"s, "00"s, "0x8"s,
                                    "\"8\""s, "null"s, "true"s, "[8]"s, "{}"s, ""s, "1e3"s, "NaN"s, "٨"s}) {
    std::string shape_after_2 = "\"shape\":[2,";
    std::string end_after_0 = "\"data_offsets\":[0,";
    shape_after_2.append(number).append("],").append(dtype).append(",").append(offsets);
    end_after_0.append(number).append("],").append(dtype).append(",").append(shape);
    check_entry_fault(shape_after_2, error_code::syntax, "shape: expected");
    check_entry_fault(end_after_0, error_code::syntax, "data_offsets: expected");
  }
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[8,]", error_code::syntax, "shape: expected");
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[8", error_code::syntax, "shape: expected ']'");
  check_entry_fault(dtype + "," + offsets + ",\"shape\":8", error_code::syntax, "shape: expected '['");
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[2 4]", error_code::syntax, "shape: expected ']'");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[0,8,8]", error_code::syntax,
                    "data_offsets: expected ']'");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[8]", error_code::syntax, "data_offsets: expected ','");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[]", error_code::syntax, "data_offsets: expected");

  // Numbers that do not fit, products that do not.
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[18446744073709551616]", error_code::syntax, "below 2^64");
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[99999999999999999999999]", error_code::syntax, "below 2^64");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[0,18446744073709551616]", error_code::syntax,
                    "below 2^64");
  if constexpr (sizeof(std::size_t) == 8) {
    std::string const most = "[18446744073709551615]";
    check_entry_fault(dtype + "," + offsets + ",\"shape\":" + most, error_code::shape,
                      "more elements than can be counted");
    check_entry_fault(offsets + ",\"dtype\":\"F64\",\"shape\":[2305843009213693953]", error_code::shape,
                      "than can be counted");
    check_entry_fault(dtype + "," + offsets + ",\"shape\":[4294967296,4294967296]", error_code::shape,
                      "than can be counted");
    // 2^64 + 8: the product wraps to what the offsets say.
    check_entry_fault(dtype + "," + offsets + ",\"shape\":[8,2305843009213693953]", error_code::shape,
                      "than can be counted");
    // Also where an extent of 0 would make it nothing, in either order, and for a dtype nobody knows.
    check_entry_fault(dtype + ",\"data_offsets\":[0,0],\"shape\":[0,4294967296,4294967296]", error_code::shape,
                      "counted");
    check_entry_fault(dtype + ",\"data_offsets\":[0,0],\"shape\":[4294967296,4294967296,0]", error_code::shape,
                      "counted");
    check_entry_fault(offsets + ",\"dtype\":\"?\",\"shape\":[4294967296,4294967296,4]", error_code::shape, "counted");
  }
  std::string many = "[1";
  for (std::size_t i = 0; i < st::max_rank; ++i) {
    many += ",1";
  }
  check_entry_fault(dtype + "," + offsets + ",\"shape\":" + many + "]", error_code::syntax, "at most 64 extents");

  // Sizes that disagree.
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[7]", error_code::size, "hold 8 bytes, expected 7 for U8 [7]");
  check_entry_fault(offsets + ",\"dtype\":\"F32\",\"shape\":[3]", error_code::size,
                    "hold 8 bytes, expected 12 for F32 [3]");
  check_entry_fault(offsets + ",\"dtype\":\"F32\",\"shape\":[]", error_code::size,
                    "hold 8 bytes, expected 4 for F32 []");
  check_entry_fault(dtype + "," + offsets + ",\"shape\":[8,0]", error_code::size, "expected 0 for U8 [8, 0]");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[8,0]", error_code::size, "end before they begin");
  check_entry_fault(dtype + "," + shape + ",\"data_offsets\":[1,9]", error_code::size, "leave a hole");
  check_entry_fault(offsets + ",\"dtype\":\"?\",\"shape\":[9]," + "\"data_offsets\":[0,8]", error_code::syntax,
                    "twice");
  check_entry_fault("\"data_offsets\":[0,7],\"dtype\":\"?\",\"shape\":[9]", error_code::size, "belong to none");
  check_entry_fault("\"data_offsets\":[0,9],\"dtype\":\"?\",\"shape\":[9]", error_code::size, "is the file cut short?");

  // Elements that share bytes.
  check_entry_fault(offsets + ",\"dtype\":\"F4\",\"shape\":[17]", error_code::shape, "last extent of F4 must be even");
  check_entry_fault(offsets + ",\"dtype\":\"F4\",\"shape\":[16,1]", error_code::shape,
                    "last extent of F4 must be even");
  check_entry_fault(offsets + ",\"dtype\":\"F4\",\"shape\":[]", error_code::shape, "last extent of F4 must be even");
  check_entry_fault(offsets + ",\"dtype\":\"F6_E2M3\",\"shape\":[11]", error_code::shape, "no whole number of bytes");
  check_entry_fault(offsets + ",\"dtype\":\"F6_E3M2\",\"shape\":[]", error_code::shape, "no whole number of bytes");
}

TEST_CASE("hostile layouts of several tensors", "[io]") {
  auto const entry = [](std::string const& name, int begin, int end) {
    return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}";
  };
  auto const two = [&](std::string const& a, std::string const& b, std::string const& data) {
    return hand_made("{" + a + "," + b + "}", data);
  };
  REQUIRE(st::try_parse(bytes_of(two(entry("a", 0, 4), entry("b", 4, 8), "12345678"))).has_value());
  check_fault(two(entry("a", 0, 4), entry("b", 3, 8), "12345678"), error_code::size,
              "'b': data_offsets [3, 8] overlap");
  check_fault(two(entry("a", 0, 8), entry("b", 0, 8), "12345678"), error_code::size, "overlap the tensor before");
  check_fault(two(entry("a", 0, 8), entry("b", 2, 4), "12345678"), error_code::size, "overlap the tensor before");
  check_fault(two(entry("a", 0, 8), entry("b", 2, 2), "12345678"), error_code::size, "overlap the tensor before");
  check_fault(two(entry("a", 0, 4), entry("b", 5, 8), "12345678"), error_code::size,
              "'b': data_offsets [5, 8] leave a hole");
  check_fault(two(entry("a", 1, 4), entry("b", 4, 8), "12345678"), error_code::size,
              "'a': data_offsets [1, 4] leave a hole");
  check_fault(two(entry("a", 0, 4), entry("b", 4, 8), "1234567"), error_code::size,
              "'b': data_offsets [4, 8] reach beyond the 7");
  check_fault(two(entry("a", 0, 4), entry("b", 4, 8), ""), error_code::size,
              "'a': data_offsets [0, 4] reach beyond the 0");
  check_fault(two(entry("a", 0, 4), entry("b", 4, 8), "123456789"), error_code::size, "end after 8 bytes of data");
  check_fault(hand_made("{}", "x"), error_code::size, "end after 0 bytes of data");
  check_fault(two(entry("a", 0, 4), entry("a", 4, 8), "12345678"), error_code::name, "two tensors are called 'a'");
  check_fault(two(entry("a", 0, 4), entry("\\u0061", 4, 8), "12345678"), error_code::name,
              "two tensors are called 'a'");
  check_fault(two(entry("", 0, 4), entry("b", 4, 8), "12345678"), error_code::name, "an empty name");
  check_fault(hand_made("{\"__metadata__\":{},\"__metadata__\":{}}"), error_code::name, "'__metadata__' stands twice");
  check_fault(hand_made("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}"), error_code::name, "the key 'k' stands twice");
  // Position in the header, for a program that wants to point at it.
  CHECK(fault_of(two(entry("a", 0, 4), entry("b", 5, 8), "12345678")).index() == 1);
  // A name that would break a terminal is shown tamely, and cut.
  lowp::error const odd =
      fault_of(two(entry("\\u001b[2J" + std::string(5000, 'x'), 0, 4), entry("b", 5, 8), "12345678"));
  CHECK(std::string(odd.what()).find('\x1b') == std::string::npos);
  CHECK(std::string(odd.what()).size() < 300);
}

TEST_CASE("many empty tensors may begin at one place", "[io]") {
  auto const bytes = bytes_of(hand_made(R"({"c":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},)"
                                        R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                        R"("a":{"dtype":"F4","shape":[7,0],"data_offsets":[0,0]},)"
                                        R"("d":{"dtype":"F6_E2M3","shape":[0,5],"data_offsets":[4,4]}})",
                                        "1234"));
  st::file const file = st::parse(bytes);
  REQUIRE(file.tensors().size() == 4);
  CHECK(file.tensors()[0].name == "a");
  CHECK(file.tensors()[1].name == "b");
  CHECK(file.tensors()[2].name == "c");
  CHECK(file.tensors()[3].name == "d");
  check_consistent(file, bytes);
}

TEST_CASE("what is written is canonical and reads back the same", "[io]") {
  std::vector<std::vector<std::byte>> data;
  std::vector<st::tensor> tensors;
  for (st::dtype_facts const& row : st::known_dtypes) {
    data.emplace_back(static_cast<std::size_t>(row.bits) * 3, std::byte{1});
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    tensors.push_back({"t\"\\\x01\x1f\n\xc3\xa9/" + std::to_string(i), st::known_dtypes[i].type, {3, 2, 4}, data[i]});
  }
  tensors.push_back({"empty", st::dtype::f32, {0, 4}, {}});
  tensors.push_back({std::string("\0", 1), st::dtype::u8, {}, std::span(data[0]).first(1)});
  st::metadata_list const metadata = {{"z", "1"}, {"a", "\b\f\r\t"}, {"", ""}};

  std::vector<std::byte> const once = st::serialize(tensors, metadata);
  st::file const file = st::parse(once);
  check_consistent(file, once);
  CHECK(file.metadata() == metadata);
  REQUIRE(file.tensors().size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    st::tensor const& got = file.tensors()[i];
    CHECK(got.name == tensors[i].name);
    CHECK(got.type == tensors[i].type);
    CHECK(got.shape == tensors[i].shape);
    CHECK(std::equal(got.data.begin(), got.data.end(), tensors[i].data.begin(), tensors[i].data.end()));
  }
  CHECK(st::serialize(file.tensors(), file.metadata()) == once);
  // The first byte of data stands at a multiple of 8.
  CHECK((once.size() -
         [&] {
           std::size_t bytes = 0;
           for (st::tensor const& t : tensors) {
             bytes += t.data.size();
           }
           return bytes;
         }()) %
            8 ==
        0);

  // Byte for byte, once by hand.
  auto const small =
      st::serialize(std::vector<st::tensor>{{"w", st::dtype::u8, {2}, std::span(data[0]).first(2)}}, {{"k", "v"}});
  CHECK(small == bytes_of(hand_made(R"({"__metadata__":{"k":"v"},"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})"
                                    "  ",
                                    "\x01\x01")));
  CHECK(st::serialize({}) == bytes_of(hand_made("{}      ")));
}

TEST_CASE("what cannot be a file is not written", "[io]") {
  std::vector<std::byte> const data(8);
  auto const code = [](std::vector<st::tensor> const& tensors, st::metadata_list const& metadata = {}) {
    auto const got = st::try_serialize(tensors, metadata);
    REQUIRE(!got);
    return got.error().code();
  };
  st::tensor const good{"a", st::dtype::u8, {8}, data};
  CHECK(st::try_serialize(std::vector{good}).has_value());
  CHECK(code({good, good}) == error_code::name);
  CHECK(code({{"", st::dtype::u8, {8}, data}}) == error_code::name);
  CHECK(code({{"__metadata__", st::dtype::u8, {8}, data}}) == error_code::name);
  CHECK(code({{"\xff", st::dtype::u8, {8}, data}}) == error_code::name);
  CHECK(code({{"a", st::dtype::unknown, {8}, data}}) == error_code::name);
  CHECK(code({{"a", st::dtype::u8, {7}, data}}) == error_code::size);
  CHECK(code({{"a", st::dtype::f4, {16, 1}, data}}) == error_code::shape);
  CHECK(code({{"a", st::dtype::u8, {~std::size_t{0}, 9}, data}}) == error_code::shape);
  CHECK(code({{"a", st::dtype::u8, std::vector<std::size_t>(65, 1), data}}) == error_code::shape);
  CHECK(code({good}, {{"k", "1"}, {"k", "2"}}) == error_code::name);
  CHECK(code({good}, {{"k", "\xc3"}}) == error_code::value);
  CHECK_THROWS_AS(st::serialize(std::vector{good, good}), lowp::error);
}

TEST_CASE("files on disk", "[io]") {
  std::string const path = temporary_path("round_trip");
  std::vector<float> const values = {1, 2, 3};
  st::tensor const t{"w", st::dtype::f32, {3}, std::as_bytes(std::span(values))};
  write_all(path, "something that was there before");

  // A failed write leaves it alone.
  CHECK(!st::try_write(path, std::vector{t, t}));
  CHECK(read_all(path) == "something that was there before");

  std::size_t const size = st::write(path, std::vector{t}, {{"k", "v"}});
  CHECK(read_all(path).size() == size);
  CHECK(bytes_of(read_all(path)) == st::serialize(std::vector{t}, {{"k", "v"}}));
  CHECK(std::fopen((path + ".partial").c_str(), "rb") == nullptr);
  CHECK(st::to_float(st::read(path).at("w")) == values);

  // Every shortening and one byte more are refused, and the message begins with the path.
  std::string const whole = read_all(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_all(path, whole.substr(0, length));
    auto const cut = st::try_read(path);
    REQUIRE(!cut);
    REQUIRE(cut.error().code() == error_code::size);
    REQUIRE(std::string(cut.error().what()).find(path) != std::string::npos);
  }
  write_all(path, whole + "x");
  auto const longer = st::try_read(path);
  REQUIRE(!longer);
  CHECK(longer.error().code() == error_code::size);
  std::remove(path.c_str());

  auto const absent = st::try_read(path);
  REQUIRE(!absent);
  CHECK(absent.error().code() == error_code::io);
  CHECK(std::string(absent.error().what()).find(path) != std::string::npos);
  CHECK_THROWS_AS(st::read(path), lowp::error);
  auto const folder = st::try_read(models);
  REQUIRE(!folder);
  CHECK(folder.error().code() == error_code::io);
  auto const nowhere = st::try_write(path + "/no/such/folder", std::vector{t});
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code() == error_code::io);
}

TEST_CASE("a file of another kind is refused after its first bytes", "[io]") {
  std::FILE* const zeros = std::fopen("/dev/zero", "rb");
  if (zeros == nullptr) {
    SKIP("/dev/zero does not exist here");
  }
  std::fclose(zeros);
  auto const endless = st::try_read("/dev/zero");  // would never end if it were read whole
  REQUIRE(!endless);
  CHECK(endless.error().code() == error_code::syntax);
}

TEST_CASE("mutations of a valid file are refused or read consistently", "[io]") {
  std::string const valid = hand_made(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F4","shape":[2,4],"data_offsets":[8,12]},"c":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}  )",
      std::string("\0\0\x80\x3f\0\0\0\x40\x10\x32\x54\x76\x01", 13));
  std::size_t accepted = 0;
  std::size_t refused = 0;
  auto const probe = [&](std::string const& text) {
    auto const bytes = bytes_of(text);
    auto const got = st::try_parse(bytes);
    if (got) {
      ++accepted;
      check_consistent(*got, bytes);
    } else {
      ++refused;
      REQUIRE(std::string(got.error().what()).rfind("safetensors: ", 0) == 0);
    }
  };
  probe(valid);
  REQUIRE(accepted == 1);
  std::mt19937 random(7);
  for (std::size_t at = 0; at < valid.size(); ++at) {
    probe(valid.substr(0, at));
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = valid;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ 1U << bit);
      probe(flipped);
    }
    std::string shorter = valid;
    probe(shorter.erase(at, 1));
    for (char const c : std::string("\0\xff\"\\{}[]:,0-.e ", 15)) {
      std::string longer = valid;
      probe(longer.insert(at, 1, c));
      std::string other = valid;
      other[at] = c;
      probe(other);
      // The same with a length field that agrees, so that the text is reached.
      if (at >= 8 && static_cast<std::size_t>(static_cast<unsigned char>(valid[0])) + 8 > at) {
        longer[0] = static_cast<char>(static_cast<unsigned char>(longer[0]) + 1U);
        probe(longer);
        shorter[0] = static_cast<char>(static_cast<unsigned char>(valid[0]) - 1U);
        probe(shorter);
      }
    }
  }
  for (int round = 0; round < 20000; ++round) {
    std::string text = valid;
    for (unsigned edits = 1 + random() % 4; edits > 0 && !text.empty(); --edits) {
      std::size_t const at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() & 0xffU);
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        case 2: {
          std::size_t const from = random() % text.size();
          std::size_t const length = random() % 32;
          text.insert(at, text.substr(from, length));
          break;
        }
        default:
          text[at] = static_cast<char>('0' + random() % 10);
          break;
      }
    }
    probe(text);
  }
  INFO("accepted " << accepted << ", refused " << refused);
  CHECK(accepted > 100);  // changes inside data and names are no faults
  CHECK(refused > 1000);
}

TEST_CASE("the bundled network survives a round trip byte for byte", "[io]") {
  std::string const path = models + "/fashion_cnn_f32.safetensors";
  st::file const file = st::read(path);
  REQUIRE(file.tensors().size() == 8);
  CHECK(file.at("conv2.weight").shape == std::vector<std::size_t>{32, 16, 3, 3});
  CHECK(file.at("fc1.weight").size() == 51200);
  CHECK(file.metadata() == st::metadata_list{{"note", "own training on Fashion-MNIST"}});
  CHECK(st::serialize(file.tensors(), file.metadata()) == bytes_of(read_all(path)));
}

TEST_CASE("other people's files", "[io]") {
  char const* const folder = std::getenv("LOWP_TEST_DATA");
  if (folder == nullptr) {
    SKIP("LOWP_TEST_DATA does not name a folder with mnist_cnn_f32.safetensors and silero_vad_16k.safetensors");
  }
  st::file const mnist = st::read(std::string(folder) + "/mnist_cnn_f32.safetensors");
  CHECK(mnist.tensors().size() == 20);
  CHECK(mnist.at("fc1.weight").shape == std::vector<std::size_t>{32, 11616});
  CHECK(mnist.at("norm1.num_batches_tracked").type == st::dtype::i64);
  CHECK(st::to_float(mnist.at("norm1.num_batches_tracked")) == std::vector<float>{7504});
  st::file const silero = st::read(std::string(folder) + "/silero_vad_16k.safetensors");
  CHECK(silero.at("lstm_cell.weight_ih").shape == std::vector<std::size_t>{512, 128});
  for (st::file const* file : {&mnist, &silero}) {
    auto const bytes = st::serialize(file->tensors(), file->metadata());
    st::file const again = st::parse(bytes);
    REQUIRE(again.tensors().size() == file->tensors().size());
    for (st::tensor const& t : file->tensors()) {
      CHECK(st::to_float(again.at(t.name)) == st::to_float(t));
    }
  }
}

}  // namespace safetensors_test

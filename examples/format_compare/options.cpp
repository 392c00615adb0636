// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <functional>

#include <lowp/text/parse_format.hpp>

#include "present/numbers.hpp"
#include "present/spelling.hpp"
#include "present/table.hpp"
#include "treatment.hpp"

namespace format_compare {

using namespace present;

namespace {

std::vector<std::string> const default_formats = {"int8",       "e4m3fn",     "e3m4",  "e3m4fn", "e5m2", "int6",
                                                  "e2m3fn",     "e3m2fn",     "int4",  "e2m1fn", "int3", "mxint8",
                                                  "mxfp8_e4m3", "mxfp6_e2m3", "mxfp4", "nvfp4"};
std::vector<std::string> const default_granularities = {"tensor", "channel", "g128", "g32"};

/// An option with a value. `value` is how help shows it.
struct valued_option {
  std::string name;
  std::string value;
  std::string meaning;
  std::function<void(options&, std::string const&)> take;
};

struct plain_option {
  std::string name;
  std::string meaning;
  std::function<void(options&)> take;
};

std::vector<std::string> words(std::string const& name, std::string const& list) {
  std::vector<std::string> out = split(list, ',');
  bool const gap = std::any_of(out.begin(), out.end(), [](std::string const& word) { return word.empty(); });
  if (gap) {
    throw usage_error(name + ": expected names separated by commas, not '" + list + "'");
  }
  return out;
}

color_choice color_named(std::string const& name) {
  static std::vector<std::string> const names = {"auto", "always", "never"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) {
      return static_cast<color_choice>(i);  // the enumerators stand in this order
    }
  }
  throw usage_error("--color: expected auto, always or never, not '" + name + "'" + did_you_mean(name, names));
}

std::vector<valued_option> const& valued_options() {
  static std::vector<valued_option> const all = {
      {"--formats", "A,B,..", "what to compare: any format or recipe that --list-formats shows, and more spellings",
       [](options& o, std::string const& v) { o.formats = words("--formats", v); }},
      {"--granularity", "A,B,..", "what shares a scale: tensor, channel, column, g32 (runs of 32), 128x128 (blocks)",
       [](options& o, std::string const& v) { o.granularities = words("--granularity", v); }},
      {"--scale", "TYPE[:RULE]",
       "how scales are stored: f32, bf16, f16, e8m0, e4m3fn ..; RULE: absmax, or a power of two"
       " by floor, ceil, even, rceil",
       [](options& o, std::string const& v) { o.scale = v; }},
      {"--tensor", "NAME", "quantize this tensor only ('*' stands for anything; may be repeated)",
       [](options& o, std::string const& v) { o.tensors.push_back(v); }},
      {"--images", "FILE", "idx file of 28 x 28 test images for the network; goes with --labels",
       [](options& o, std::string const& v) { o.images.images = v; }},
      {"--labels", "FILE", "idx file of their labels", [](options& o, std::string const& v) { o.images.labels = v; }},
      {"--threads", "N", "work on N treatments at a time; the figures do not depend on it",
       [](options& o, std::string const& v) { o.threads = whole_number(v, 1, 1024, "--threads"); }},
      {"--json", "FILE", "also write every figure to FILE; '-' prints them instead of the tables",
       [](options& o, std::string const& v) { o.json = v; }},
      {"--color", "WHEN", "auto, always or never", [](options& o, std::string const& v) { o.color = color_named(v); }},
  };
  return all;
}

std::vector<plain_option> const& plain_options() {
  static std::vector<plain_option> const all = {
      {"--no-accuracy", "leave out table 1", [](options& o) { o.accuracy = choice::no; }},
      {"--no-network", "compare the weights only", [](options& o) { o.network = choice::no; }},
      {"--no-throughput", "leave out table 2", [](options& o) { o.throughput = choice::no; }},
      {"--verbose", "every figure of every tensor", [](options& o) { o.verbose = choice::yes; }},
      {"--list-formats", "formats and recipes by name", [](options& o) { o.what = options::action::list_formats; }},
      {"--version", "print the version", [](options& o) { o.what = options::action::version; }},
      {"--help", "this text", [](options& o) { o.what = options::action::help; }},
  };
  return all;
}

valued_option const* find_valued(std::string const& name) {
  for (valued_option const& o : valued_options()) {
    if (o.name == name) {
      return &o;
    }
  }
  return nullptr;
}

plain_option const* find_plain(std::string const& name) {
  for (plain_option const& o : plain_options()) {
    if (o.name == name || (name == "-h" && o.name == "--help") || (name == "-v" && o.name == "--verbose")) {
      return &o;
    }
  }
  return nullptr;
}

[[noreturn]] void refuse(std::string const& name) {
  std::vector<std::string> names;
  for (valued_option const& o : valued_options()) {
    names.push_back(o.name);
  }
  for (plain_option const& o : plain_options()) {
    names.push_back(o.name);
  }
  std::string const hint = did_you_mean(name, names);
  throw usage_error("unknown option '" + name + "'" + (hint.empty() ? "; --help lists the options" : hint));
}

void take_file(options& o, std::string const& name) {
  if (!o.file.empty()) {
    throw usage_error("expected one file, got '" + o.file + "' and '" + name + "'");
  }
  if (name.empty()) {
    throw usage_error("the file's name is empty: expected a .safetensors file, or nothing for the bundled network");
  }
  o.file = name;
}

/// Takes the option that `words` begin with; returns how many words beyond the first it used.
std::size_t take_option(options& o, std::span<char const* const> words) {
  std::string const first = words[0];
  std::size_t const equals = first.find('=');
  std::string const name = first.substr(0, equals);
  if (plain_option const* const plain = find_plain(name)) {
    if (equals != std::string::npos) {
      throw usage_error(name + " takes no value");
    }
    plain->take(o);
    return 0;
  }
  valued_option const* const valued = find_valued(name);
  if (valued == nullptr) {
    refuse(name);
  }
  bool const is_next = equals == std::string::npos;
  std::string const next = words.size() > 1 ? words[1] : "";
  std::string const value = is_next ? next : first.substr(equals + 1);
  if (value.empty() || (is_next && value.starts_with("--"))) {
    throw usage_error(name + ": expected " + valued->value + " after it");
  }
  valued->take(o, value);
  return is_next ? 1 : 0;
}

void check(options const& o) {
  if (o.images.images.empty() != o.images.labels.empty()) {
    throw usage_error("--images and --labels go together: expected both");
  }
  if (!o.images.images.empty() && o.network == choice::no) {
    throw usage_error("--images says what to show the network, --no-network not to run it: expected one of them");
  }
}

std::string option_help(std::string const& head, std::string const& meaning) {
  std::string const indent(26, ' ');
  std::string left = "  " + head;
  left.resize(std::max(left.size() + 1, indent.size()), ' ');
  return wrapped(left + meaning, 80, indent);
}

}  // namespace

options parse_options(std::span<char const* const> arguments) {
  options o;
  bool only_files = false;  // after "--"
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string const word = arguments[i];
    if (only_files || word.size() < 2 || word[0] != '-') {
      take_file(o, word);
    } else if (word == "--") {
      only_files = true;
    } else {
      i += take_option(o, arguments.subspan(i));
    }
  }
  o.formats = o.formats.empty() ? default_formats : o.formats;
  o.granularities = o.granularities.empty() ? default_granularities : o.granularities;
  check(o);
  return o;
}

std::string help_text() {
  std::string out =
      "usage: format_compare [FILE.safetensors] [options]\n"
      "\n"
      "Compares number formats on the weights of a network: how much error each leaves,\n"
      "what that does to the network's answers, and how fast this machine converts to\n"
      "and from it. Without a file: the bundled Fashion-MNIST network.\n"
      "\n";
  for (valued_option const& o : valued_options()) {
    out += option_help(o.name + " " + o.value, o.meaning);
  }
  for (plain_option const& o : plain_options()) {
    out += option_help(o.name, o.meaning);
  }
  std::string const indent(10, ' ');
  out += "\n";
  out += wrapped("defaults: --formats " + joined(default_formats), 80, indent);
  out += wrapped(indent + "--granularity " + joined(default_granularities) + "; --scale f32", 80, indent);
  out +=
      "\n"
      "examples:\n"
      "  format_compare model.safetensors\n"
      "  format_compare model.safetensors --formats int5,nf4,binary6p3sf --granularity g64\n"
      "  format_compare --tensor 'conv*' --formats int4,e2m1fn --scale e8m0:rceil\n"
      "  format_compare model.safetensors --json - > figures.json\n"
      "\n"
      "exit codes: 0 done, 1 something failed, 2 input or command line not as expected\n";
  return out;
}

std::string list_of_formats(terminal const& t) {
  using column = table::column;
  constexpr auto left = table::side::left;
  table formats({{"", "format", left}}, {{"", "bits"}, {"", "max"}, {"", "smallest"}, {"", "what", left}});
  for (auto const& entry : lowp::catalog()) {
    auto const& f = entry.format.facts();
    formats.add_row(
        {{entry.name}, {std::to_string(f.bits)}, {compact(f.max)}, {compact(f.min_subnormal)}, {entry.description}});
  }
  table blocks({column{"", "recipe", left}}, {column{"", "what", left}});
  for (recipe_entry const& r : recipes()) {
    blocks.add_row({{r.name}, {r.description}});
  }
  terminal wide = t;
  wide.width = 400;
  return formats.text(wide) + "\n" + blocks.text(wide) +
         "\nAlso int2 to int8, uint1 to uint8, P3109's binary<K>p<P><s|u><e|f> (binary6p3sf),\n"
         "minifloat:e<E>m<M>[:b<bias>][:<specials>][:u] (minifloat:e3m2:b3:fn), and the names that other libraries "
         "use.\nA recipe may be spelled out: int4/g128/bf16, e2m1fn/g16/e4m3fn+f32, uint4/g32/f16:minmax, "
         "int8/row/f32:mse.\n";
}

}  // namespace format_compare

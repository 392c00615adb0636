// SPDX-License-Identifier: Apache-2.0
//
// Compares number formats on the weights of a network: see --help, and README.md in this folder.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string>
#include <thread>

#include <lowp/base/error.hpp>
#include <lowp/io/safetensors.hpp>

#include "accuracy.hpp"
#include "examination.hpp"
#include "options.hpp"
#include "present/spelling.hpp"
#include "present/terminal.hpp"
#include "present/version.hpp"
#include "report.hpp"
#include "throughput.hpp"
#include "treatment.hpp"
#include "weights.hpp"
#include "wins.hpp"

namespace format_compare {

using namespace present;

namespace {

enum exit_code { done = 0, failed = 1, unexpected_input = 2 };

std::string const models_folder = FORMAT_COMPARE_MODELS;

std::vector<std::string> distinct_formats(std::span<treatment const> all) {
  std::vector<std::string> names;
  for (treatment const& t : all) {
    if (names.empty() || names.back() != t.format) {
      names.push_back(t.format);
    }
  }
  return names;
}

std::vector<std::string> distinct_granularities(std::span<std::string const> given) {
  std::vector<std::string> names;
  for (std::string const& name : given) {
    std::string const proper = parse_granularity(name).name;
    if (std::find(names.begin(), names.end(), proper) == names.end()) {
      names.push_back(proper);
    }
  }
  return names;
}

void compare_accuracy(options const& o, std::span<treatment const> all, lowp::safetensors::file const& file,
                      findings& f) {
  auto const network = o.network == choice::yes ? find_network(file, f.weights, o.images, models_folder) : std::nullopt;
  f.images = network ? network->images : "";
  std::size_t const threads = o.threads != 0 ? o.threads : std::max(1U, std::thread::hardware_concurrency());
  f.table1 = measure_accuracy(f.weights, all, network, threads);
  f.winners = wins(f.table1->results, f.weights.matrices.size());
}

void compare_throughput(std::span<std::string const> formats, findings& f) {
  f.table2 = measure_throughput(formats);
  for (std::string const& name : formats) {
    auto const known = compiled_schemes();
    if (std::none_of(known.begin(), known.end(), [&](compiled_scheme const& s) { return s.name == name; })) {
      f.not_timed.push_back(name);
    }
  }
}

/// Prints at once, so that a long run shows what it has.
void print(std::string const& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Errors   std::runtime_error where the file cannot be written.
void write_file(std::string const& path, std::string const& text) {
  std::FILE* const out = std::fopen(path.c_str(), "wb");
  bool const written = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (out == nullptr || std::fclose(out) != 0 || !written) {
    throw std::runtime_error("--json: '" + path + "' cannot be written");
  }
}

void compare(options const& o) {
  bool const tables = o.json != "-";
  terminal const t = terminal::of_stdout(o.color);
  auto const all = treatments(o.formats, o.granularities, o.scale);

  findings f;
  f.scale = parse_scale(o.scale).description;
  f.granularities = distinct_granularities(o.granularities);
  f.file = o.file.empty() ? models_folder + "/fashion_cnn_f32.safetensors" : o.file;
  if (o.accuracy == choice::yes) {
    auto const file = lowp::safetensors::read(f.file);
    f.weights = weights_of(file, o.tensors);
    compare_accuracy(o, all, file, f);
    print(tables ? heading_text(f, t) + accuracy_text(f, t) + wins_text(f, t) : "");
    print(tables && o.verbose == choice::yes ? details_text(f, t) : "");
  }
  if (o.throughput == choice::yes) {
    compare_throughput(distinct_formats(all), f);
    print(tables ? throughput_text(f, t) : "");
  }
  if (o.json == "-") {
    print(json_text(f));
  } else if (!o.json.empty()) {
    write_file(o.json, json_text(f));
  }
}

void run(std::span<char const* const> arguments) {
  options const o = parse_options(arguments);
  switch (o.what) {
    case options::action::help:
      return print(help_text());
    case options::action::list_formats:
      return print(list_of_formats(terminal::of_stdout(o.color)));
    case options::action::version:
      return print("format_compare, lowp " + version() + "\n");
    case options::action::compare:
      break;
  }
  compare(o);
}

int complain(char const* message, exit_code code) {
  std::fprintf(stderr, "format_compare: %s\n", message);
  return code;
}

}  // namespace

}  // namespace format_compare

int main(int count, char** words) {
  using namespace format_compare;
  try {
    run(std::span<char const* const>(words, static_cast<std::size_t>(count)).subspan(count > 0 ? 1 : 0));
    return done;
  } catch (usage_error const& e) {
    return complain(e.what(), unexpected_input);
  } catch (lowp::error const& e) {
    return complain(e.what(), unexpected_input);
  } catch (std::bad_alloc const&) {
    return complain("out of memory", failed);
  } catch (std::exception const& e) {
    return complain(e.what(), failed);
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Real networks in low-precision formats, end to end: see --help, and README.md in the folder above.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <lowp/base/error.hpp>

#include "../networks/catalog.hpp"
#include "explain.hpp"
#include "isa_choice.hpp"
#include "lists.hpp"
#include "options.hpp"
#include "present/spelling.hpp"
#include "present/terminal.hpp"
#include "present/version.hpp"
#include "reports.hpp"
#include "run.hpp"
#include "suites.hpp"
#include "weight_file.hpp"

namespace lab {

using namespace present;

namespace {

enum exit_code { done = 0, failed = 1, unexpected_input = 2, interrupted = 130 };

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

/// The first interrupt ends the run with a report, the second one at once.
void on_interrupt(int) {
  stop = true;
  std::signal(SIGINT, SIG_DFL);
}

std::string const models_folder = LOWP_LAB_MODELS;
/// So many items of each network are a few seconds for every suite but the long ones.
constexpr std::size_t quick_items = 150;
constexpr std::size_t usual_items = 2000;
/// Takes minutes a suite; run only when it is asked for.
constexpr std::string_view long_network = "stories260K-sampled";

bool is_a_file(std::string const& name) { return name.find_first_of("./") != std::string::npos; }

/// What is missing, and where it can be had.
std::string advice(known_network const& n, std::string const& folder) {
  std::string out = folder.empty() ? "--data says where its files lie; it needs " : "'" + folder + "' lacks some of ";
  for (std::size_t i = 0; i < n.files.size(); ++i) {
    needed_file const& f = n.files[i];
    bool const again = i != 0 && f.home == n.files[i - 1].home;
    out += (i == 0 ? "" : ", ") + std::string(f.name) + (again ? " (likewise)" : " (" + std::string(f.home) + ")");
  }
  return out + "; see examples/models/README.md";
}

std::unique_ptr<network> open_any(std::string const& name, std::string const& data) {
  if (is_a_file(name)) {
    return open_weight_file(name);
  }
  std::vector<std::string> names;
  for (known_network const& n : catalog()) {
    std::string const& folder = n.bundled ? models_folder : data;
    if (n.name == name && (n.bundled || (!data.empty() && is_there(n, data)))) {
      return open(n.name, folder);
    }
    if (n.name == name) {
      throw usage_error("--network " + name + ": " + advice(n, data));
    }
    names.emplace_back(n.name);
  }
  throw usage_error("--network: expected one of " + joined(names) + " or a file of weights, not '" + name + "'" +
                    did_you_mean(name, names));
}

/// Those that are there, and why the others are not; a network that was asked for must be there.
std::vector<std::unique_ptr<network>> open_networks(options const& o, findings& f) {
  std::vector<std::unique_ptr<network>> out;
  for (std::string const& name : o.networks) {
    out.push_back(open_any(name, o.data));
  }
  for (known_network const& n : catalog()) {
    bool const wanted = o.networks.empty() && n.name != long_network;
    if (wanted && (n.bundled || (!o.data.empty() && is_there(n, o.data)))) {
      out.push_back(open_any(std::string(n.name), o.data));
    } else if (wanted) {
      f.absent.push_back({std::string(n.name), advice(n, o.data)});
    }
  }
  return out;
}

std::vector<named_trials> trials_for(options const& o, network const& net) {
  std::vector<named_trials> out;
  if (!o.schemes.empty()) {
    out.push_back({{"schemes", "the schemes of the command line"}, parse_trials(o.schemes)});
  }
  std::vector<std::string> names = o.suites;
  if (names.empty() && o.schemes.empty()) {
    names = {"overview"};
  }
  for (suite const& s : suites()) {
    if (std::find(names.begin(), names.end(), s.name) != names.end()) {
      out.push_back({s, trials_of(s.name, net.layers().size())});
    }
  }
  // What a network does not have changes nothing: weights alone have no activations, images no cache.
  for (named_trials& n : out) {
    std::erase_if(n.trials, [&](trial const& t) {
      bool const asked = n.what.name == "schemes";
      return (net.items() == 0 && !t.activations.empty()) || (!asked && net.item() != "token" && !t.cache.empty());
    });
  }
  return out;
}

std::vector<trial> trials_to_tell(options const& o) {
  static std::vector<std::string> const usual = {"int8/row x int8/token", "e4m3fn/row x e4m3fn/token",
                                                 "int4/g32 x int8/token", "e2m1fn/g32 x e4m3fn/token", "int3/g32"};
  return parse_trials(o.schemes.empty() ? usual : o.schemes);
}

/// Prints at once, so that a long run shows what it has.
void print(std::string const& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Errors   std::runtime_error where the file cannot be written.
void write_file(std::string const& option, std::string const& path, std::string const& text) {
  if (path.empty()) {
    return;
  }
  if (path == "-") {
    return print(text);
  }
  std::FILE* const out = std::fopen(path.c_str(), "wb");
  bool const written = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (out == nullptr || std::fclose(out) != 0 || !written) {
    throw std::runtime_error(option + ": '" + path + "' cannot be written");
  }
}

std::string name_of(computation mode) {
  return mode == computation::fake ? "fake" : mode == computation::kernels ? "kernels" : "both";
}

exit_code experiment(options const& o) {
  bool const tables = o.json != "-" && o.csv != "-";
  terminal const t = terminal::of_stdout(o.color);
  findings f;
  f.seed = o.seed;
  f.rounding = o.rounding;
  f.mode = name_of(o.mode);
  run_settings settings;
  settings.isa = position_of_isa(o.isa);
  settings.items = o.items ? *o.items : o.pace == options::effort::quick ? quick_items : usual_items;
  settings.calibration = o.calibration;
  settings.rounding = o.rounding;
  settings.seed = o.seed;
  settings.threads = o.threads != 0 ? o.threads : std::max(1U, std::thread::hardware_concurrency());
  settings.mode = o.mode;
  settings.stop = &stop;
  pin_this_thread(settings.isa);
  f.isa = o.mode == computation::fake ? "" : isa_of_this_thread();

  auto const networks = open_networks(o, f);
  bool const can_tell = std::any_of(networks.begin(), networks.end(),
                                    [](auto const& net) { return dynamic_cast<stories const*>(net.get()) != nullptr; });
  if (!o.prompt.empty() && !can_tell) {
    throw usage_error("--prompt: expected a language model among the networks (stories260K, with --data)");
  }
  std::signal(SIGINT, on_interrupt);
  for (auto const& net : networks) {
    if (stop) {
      break;
    }
    f.networks.push_back(run(*net, trials_for(o, *net), settings));
    auto const* const model = dynamic_cast<stories const*>(net.get());
    if (model != nullptr && !o.prompt.empty()) {
      f.networks.back().tales = tell(*model, o.prompt, trials_to_tell(o), settings);
    }
    print(tables ? network_text(f.networks.back(), t) : "");
  }
  f.interrupted = stop;
  print(tables ? closing_text(f, t) : "");
  write_file("--json", o.json, json_text(f));
  write_file("--csv", o.csv, csv_text(f));
  if (!o.html.empty()) {
    write_file("--html", o.html, html_text(f));
  }
  return f.interrupted ? interrupted : done;
}

exit_code act(std::span<char const* const> arguments) {
  options const o = parse_options(arguments);
  terminal const t = terminal::of_stdout(o.color);
  switch (o.what) {
    case options::action::help:
      print(o.text);
      break;
    case options::action::version:
      print("lowp_lab, lowp " + version() + "\n");
      break;
    case options::action::list_formats:
      print(list_of_formats(t));
      break;
    case options::action::list_schemes:
      print(list_of_schemes(t));
      break;
    case options::action::list_suites:
      print(list_of_suites(t));
      break;
    case options::action::explain:
      print(explanation(o.format, o.explained, t));
      break;
    case options::action::run:
      return experiment(o);
  }
  return done;
}

int complain(char const* message, exit_code code) {
  std::fprintf(stderr, "lowp_lab: %s\n", message);
  return code;
}

}  // namespace

}  // namespace lab

int main(int count, char** words) {
  using namespace lab;
  try {
    return act(std::span<char const* const>(words, static_cast<std::size_t>(count)).subspan(count > 0 ? 1 : 0));
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

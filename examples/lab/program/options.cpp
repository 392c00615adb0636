// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "present/spelling.hpp"
#include "suites.hpp"

namespace lab {

using namespace present;

namespace {

char const* const introduction =
    "Runs real networks in low-precision formats, INT against FP: what each treatment of weights, activations and\n"
    "key/value cache does to the answers, how many bits it takes, and how fast the library's kernels are with it.\n";

char const* const examples =
    "examples:\n"
    "  lowp_lab --quick                                     what is here, in under 20 seconds\n"
    "  lowp_lab --network fashion --suite w4a8 --html report.html\n"
    "  lowp_lab --scheme 'int4/g128/f16' --scheme 'e2m1fn/g32 x int8/row x e4m3fn/row'\n"
    "  lowp_lab --network model.safetensors --suite int-vs-fp     weights only, of any safetensors or npy file\n"
    "  lowp_lab explain e4m3fn 0.3                          a format's bits, values, and where 0.3 goes\n"
    "\n"
    "exit codes: 0 done; 1 something failed; 2 the command line or an input is not what was expected;\n"
    "130 interrupted, after writing a report of what there was\n";

template <class T>
struct named {
  char const* name;
  T value;
};

template <class T, std::size_t N>
T choose(std::string const& given, std::string const& option, named<T> const (&all)[N]) {
  std::vector<std::string> names;
  for (named<T> const& n : all) {
    if (n.name == given) {
      return n.value;
    }
    names.emplace_back(n.name);
  }
  throw usage_error(option + ": expected one of " + joined(names) + ", not '" + given + "'" +
                    did_you_mean(given, names));
}

std::vector<std::string> words(std::vector<std::string> const& given, std::string const& option) {
  std::vector<std::string> out;
  for (std::string const& list : given) {
    for (std::string const& word : split(list, ',')) {
      if (word.empty()) {
        throw usage_error(option + ": expected names separated by commas, not '" + list + "'");
      }
      out.push_back(word);
    }
  }
  return out;
}

/// What is given, as text; numbers and choices are checked afterwards, in words of our own.
struct raw_options {
  std::vector<std::string> networks, suites, schemes, explained;
  std::string data, prompt, items, calibration, rounding, seed, threads, isa, mode, html, json, csv, color, format;
};

std::size_t number_or(std::string const& text, std::size_t otherwise, std::size_t most, std::string const& option) {
  return text.empty() ? otherwise : whole_number(text, 1, most, option);
}

double share_or(std::string const& text, double otherwise, std::string const& option) {
  if (text.empty()) {
    return otherwise;
  }
  double share = 0;
  auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (fault != std::errc{} || end != text.data() + text.size() || !(share > 0 && share <= 1)) {
    throw usage_error(option + ": expected a share above 0 and at most 1, not '" + text + "'");
  }
  return share;
}

void check_writable_names(options const& o) {
  if (o.json == "-" && o.csv == "-") {
    throw usage_error("--json - and --csv -: expected standard output for one of them");
  }
  if (o.html == "-") {
    throw usage_error("--html: expected a file's name");
  }
}

options checked(raw_options const& raw, options o) {
  o.networks = words(raw.networks, "--network");
  o.suites = words(raw.suites, "--suite");
  o.schemes = raw.schemes;
  o.data = raw.data;
  o.prompt = raw.prompt;
  if (!raw.items.empty()) {
    o.items = whole_number(raw.items, 1, 1'000'000'000, "--items");
  }
  o.calibration = share_or(raw.calibration, o.calibration, "--calibration");
  o.rounding = choose<char const*>(raw.rounding.empty() ? o.rounding : raw.rounding, "--rounding",
                                   {{"nearest_even", "nearest_even"},
                                    {"nearest_away", "nearest_away"},
                                    {"toward_zero", "toward_zero"},
                                    {"stochastic", "stochastic"}});
  o.seed = raw.seed.empty() ? o.seed : whole_number(raw.seed, 0, SIZE_MAX, "--seed");
  o.threads = number_or(raw.threads, 0, 1024, "--threads");
  o.isa = raw.isa;
  if (!raw.mode.empty()) {
    o.mode = choose<computation>(
        raw.mode, "--mode",
        {{"fake", computation::fake}, {"kernels", computation::kernels}, {"both", computation::both}});
  }
  o.html = raw.html;
  o.json = raw.json;
  o.csv = raw.csv;
  if (!raw.color.empty()) {
    o.color = choose<color_choice>(
        raw.color, "--color",
        {{"auto", color_choice::automatic}, {"always", color_choice::always}, {"never", color_choice::never}});
  }
  o.format = raw.format;
  o.explained = raw.explained;
  for (std::string const& name : o.suites) {
    check_suite_name(name);
  }
  check_writable_names(o);
  return o;
}

/// What CLI11 complains of, as one line with what was meant.
usage_error complaint(CLI::ParseError const& e, CLI::App const& app) {
  std::string text = e.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (dynamic_cast<CLI::ExtrasError const*>(&e) == nullptr) {
    return usage_error(text);
  }
  std::string const given = app.remaining().empty() ? text : app.remaining().front();
  std::vector<std::string> names = {"explain"};
  for (CLI::Option const* o : app.get_options()) {
    for (std::string const& name : o->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  std::string const hint = did_you_mean(given.substr(0, given.find('=')), names);
  return usage_error("unknown argument '" + given + "'" + (hint.empty() ? "; --help lists the options" : hint));
}

}  // namespace

options parse_options(std::span<char const* const> arguments) {
  raw_options raw;
  options o;
  CLI::App app(introduction, "lowp_lab");
  app.footer(examples);
  app.get_formatter()->column_width(28);
  app.add_option("--network", raw.networks,
                 "fashion, stories260K, stories260K-sampled, mnist, silero; or a file of weights (safetensors, npy)")
      ->type_name("A,B,..")
      ->allow_extra_args(false);
  app.add_option("--data", raw.data, "folder of the networks and inputs that are not bundled")->type_name("FOLDER");
  app.add_option("--suite", raw.suites, "what to try, see --list-suites; overview unless told")
      ->type_name("A,B,..")
      ->allow_extra_args(false);
  app.add_option("--scheme", raw.schemes,
                 "'weights x activations [x cache]', as --list-schemes spells them; f32: left as it is; may be "
                 "repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_option("--prompt", raw.prompt, "let the language model go on after TEXT, in float32 and in every --scheme")
      ->type_name("TEXT");
  app.add_option("--items", raw.items, "at most N images, tokens or frames a network; 2000, with --quick 150")
      ->type_name("N");
  app.add_option("--calibration", raw.calibration, "share of the items that static scales are taken from; 0.1")
      ->type_name("SHARE");
  app.add_option("--rounding", raw.rounding, "of weights: nearest_even, nearest_away, toward_zero, stochastic")
      ->type_name("HOW");
  app.add_option("--seed", raw.seed, "of stochastic rounding; 1")->type_name("N");
  app.add_option("--mode", raw.mode, "fake (products in float), kernels (pack and gemm, timed), both; both unless told")
      ->type_name("HOW");
  app.add_option("--threads", raw.threads, "try N treatments at a time; the figures do not depend on it")
      ->type_name("N");
  app.add_option("--isa", raw.isa, "keep to an instruction set: portable, avx2, ...; the figures do not depend on it")
      ->type_name("NAME");
  app.add_option("--html", raw.html, "write a report with plots to FILE")->type_name("FILE");
  app.add_option("--json", raw.json, "write every figure to FILE; '-' prints them instead of the tables")
      ->type_name("FILE");
  app.add_option("--csv", raw.csv, "one line a treatment and network, likewise")->type_name("FILE");
  app.add_option("--color", raw.color, "auto, always or never")->type_name("WHEN");
  using action = options::action;
  app.add_flag_callback(
      "--quick", [&] { o.pace = options::effort::quick; }, "fewer items: under 20 seconds for what is here");
  auto const add_action = [&](char const* name, action what, char const* meaning) {
    app.add_flag_callback(
        name, [&o, what] { o.what = what; }, meaning);
  };
  add_action("--list-formats", action::list_formats, "formats: bits, range, source");
  add_action("--list-schemes", action::list_schemes, "schemes by name: bits a weight, what they are made of");
  add_action("--list-suites", action::list_suites, "suites by name: what each compares");
  add_action("--version", action::version, "print the version");
  CLI::App* const explain =
      app.add_subcommand("explain", "a format's bit layout, values, and the neighbours of numbers");
  explain->add_option("format", raw.format, "as parse_format reads it: e4m3fn, nf4, int5, minifloat:e3m2:fn, ..")
      ->required();
  explain->add_option("numbers", raw.explained, "where these go");
  explain->allow_extras(false);

  // CLI11 takes its words from the back. A negative number is no option.
  std::vector<std::string> reversed(arguments.begin(), arguments.end());
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(reversed);
  } catch (CLI::CallForHelp const&) {
    o.what = options::action::help;
    o.text = explain->parsed() ? explain->help() : app.help();
    return o;
  } catch (CLI::ParseError const& e) {
    throw complaint(e, app);
  }
  o.what = explain->parsed() ? action::explain : o.what;
  return checked(raw, std::move(o));
}

}  // namespace lab

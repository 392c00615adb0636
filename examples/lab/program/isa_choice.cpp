// SPDX-License-Identifier: Apache-2.0
#include "isa_choice.hpp"

#include <vector>

#include <lowp/kernel/dispatch.hpp>

#include "present/spelling.hpp"

namespace lab {

namespace {

struct known_isa {
  std::string name;
  bool available;
};

template <class... Tags>
std::vector<known_isa> known(lowp::isa::tag_list<Tags...>) {
  return {{Tags::name, Tags::available()}...};
}

}  // namespace

std::size_t position_of_isa(std::string const& name) {
  std::vector<known_isa> const all = known(lowp::isa::list{});
  if (name.empty()) {
    return all.size();
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name && all[i].available) {
      return i;
    }
    if (all[i].available) {
      names.push_back(all[i].name);
    }
  }
  throw present::usage_error("--isa: expected one that this CPU has, " + present::joined(names) + ", not '" + name +
                             "'" + present::did_you_mean(name, names));
}

void pin_this_thread(std::size_t position) { lowp::kernel::pinned_isa() = position; }

std::string isa_of_this_thread() { return lowp::isa_name(); }

}  // namespace lab

// SPDX-License-Identifier: Apache-2.0
#pragma once

// cast<F> of every one of the 2^32 floats against the oracle's map. The map is exact, run-length coded and made in
// milliseconds, so the time is that of the cast.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/codec/cast.hpp>

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/format_types.hpp"
#include "support/oracle.hpp"
#include "support/oracle_policies.hpp"
#include "support/oracle_twin.hpp"

namespace oracle::exhaustive {

inline constexpr std::uint64_t all_floats = std::uint64_t{1} << 32;

inline constexpr std::size_t block_size = 4096;

/// Writes the codes of the floats with the patterns base .. base + block_size - 1; returns 0 if all are `expected`.
using block_encoder = std::function<code(std::uint32_t base, code expected, code* codes)>;

/// One format under one pair of policies.
struct job {
  std::string name;
  std::vector<interval> map;
  block_encoder encode;
};

template <class Policy>
job make_job(const format& described, const Policy& p, block_encoder encode) {
  return {described.name + " " + describe(p.theirs) + " " + describe(p.their_overflow),
          interval_map(encoder(described), p.theirs, p.their_overflow), std::move(encode)};
}

/// The scalar cast<F>.
template <class F, class Policy>
job make_job(std::string_view name, const Policy& p) {
  return make_job(by_name(name), p, [r = p.r, o = p.o](std::uint32_t base, code expected, code* codes) {
    const auto by = r;  // copies, which a store to codes cannot change
    const auto beyond = o;
    code difference = 0;
    for (std::uint32_t i = 0; i < block_size; ++i) {
      codes[i] = lowp::to_bits(lowp::cast<F>(std::bit_cast<float>(base + i), by, beyond));
      difference |= codes[i] ^ expected;
    }
    return difference;
  });
}

/// What was found wrong, gathered from all threads.
struct verdict {
  std::atomic<std::uint64_t> checked{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> first_wrong{all_floats};

  void note(std::uint64_t bits) {
    ++wrong;
    std::uint64_t known = first_wrong.load();
    while (bits < known && !first_wrong.compare_exchange_weak(known, bits)) {
    }
  }
};

/// Checks the patterns begin .. end - 1, whole blocks, against the job's map.
inline void check_patterns(const job& j, std::uint64_t begin, std::uint64_t end, verdict& v) {
  std::array<code, block_size> codes{};
  auto run = std::partition_point(j.map.begin(), j.map.end(), [&](const interval& i) { return i.last < begin; });
  for (std::uint64_t base = begin; base < end; base += block_size) {
    while (run->last < base) ++run;
    const code difference = j.encode(static_cast<std::uint32_t>(base), run->c, codes.data());
    if (run->last >= base + block_size - 1 && difference == 0) continue;
    // A block in which a run of the map ends, or in which something is wrong.
    for (std::size_t i = 0; i < block_size; ++i) {
      while (run->last < base + i) ++run;
      if (codes[i] != run->c) v.note(base + i);
    }
  }
  v.checked += end - begin;
}

inline void judge(const job& j, const verdict& v) {
  INFO(j.name);
  INFO("first float with a wrong code: " << hexadecimal(v.first_wrong.load()));
  CHECK(v.wrong.load() == 0);
}

/// A line on stderr that rewrites itself: what is running, how much is done, the time left.
class progress {
 public:
  explicit progress(std::size_t jobs) : jobs_(jobs), start_(std::chrono::steady_clock::now()) {}

  void show(std::size_t done_jobs, double share_of_current, const std::string& name) const {
    const double done = (static_cast<double>(done_jobs) + share_of_current) / static_cast<double>(jobs_);
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double left = done > 0 ? elapsed * (1 - done) / done : 0;
    std::fprintf(stderr, "\r\033[K%5.1f %%  %zu of %zu  %.0f s left  %s", 100 * done, done_jobs + 1, jobs_, left,
                 name.c_str());
    std::fflush(stderr);
  }
  void finish() const {
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::fprintf(stderr, "\r\033[K%zu casts of all 2^32 floats checked in %.0f s\n", jobs_, elapsed);
  }

 private:
  std::size_t jobs_;
  std::chrono::steady_clock::time_point start_;
};

/// All floats through one job, on all cores; `show` hears the share that is done.
inline void prove(const job& j, const std::function<void(double)>& show) {
  constexpr std::uint64_t slice = std::uint64_t{1} << 24;
  std::atomic<std::uint64_t> next{0};
  verdict v;
  const auto work = [&](const auto& report) {
    for (std::uint64_t begin = next.fetch_add(slice); begin < all_floats; begin = next.fetch_add(slice)) {
      check_patterns(j, begin, begin + slice, v);
      report(static_cast<double>(v.checked.load()) / static_cast<double>(all_floats));
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    others.emplace_back([&work] { work([](double) {}); });
  }
  work(show);
  for (auto& t : others) t.join();
  CHECK(v.checked.load() == all_floats);
  judge(j, v);
}

/// The blocks at both ends of every run, and every 4099th block.
inline void sample(const job& j) {
  verdict v;
  const auto check_block_of = [&](std::uint64_t bits) {
    const std::uint64_t base = bits / block_size * block_size;
    check_patterns(j, base, base + block_size, v);
  };
  for (const auto& run : lowp_test::thinned(j.map)) {
    check_block_of(run.first);
    check_block_of(run.last);
  }
  for (std::uint64_t bits = 0; bits < all_floats; bits += 4099 * block_size * lowp_test::thin) check_block_of(bits);
  judge(j, v);
}

/// Two jobs for each format of at most 8 bits: nearest_even/saturate, and one further pair of policies. The pairs rotate,
/// so that 26 formats in a row meet all the others.
template <class List>
std::vector<job> make_jobs(const List& list) {
  std::vector<job> jobs;
  for_each_indexed(list,
                   [&]<class F, std::size_t I>(lowp_test::named_format<F> f, std::integral_constant<std::size_t, I>) {
                     if constexpr (F::layout.bits() <= 8) {
                       jobs.push_back(make_job<F>(f.name, rotated_policy<0>()));
                       jobs.push_back(make_job<F>(f.name, rotated_policy<1 + I % 26>()));
                     }
                   });
  return jobs;
}

/// The whole proof, with a progress line on stderr.
inline void prove_all(const std::vector<job>& jobs) {
  const progress line(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    prove(jobs[i], [&](double share) { line.show(i, share, jobs[i].name); });
  }
  line.finish();
}

}  // namespace oracle::exhaustive

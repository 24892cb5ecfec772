// Times counted in slots whose width grows with the value: three significant digits from 1 µs to
// 1 h in 130 KB, however many are recorded. A plain object without a lock: one per thread, merged.
//
// Text form: "dh1:" and base64url without padding of LEB128 varints, each in its shortest form:
//   least ns, greatest ns, count clamped from below, count clamped from above, number of entries,
//   for each slot in use: empty slots before it, its count (at least 1);
// and after them the low 32 bits of FNV-1a over those bytes, little endian. An empty one is all zero.
#pragma once

#include "server/base/clock.h"
#include "server/base/error.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::load {

class Histogram {
public:
    static constexpr Duration k_least = std::chrono::microseconds(1);
    static constexpr Duration k_greatest = std::chrono::hours(1);
    // What a text may claim to hold; also the greatest whole number every JSON reader keeps exactly.
    static constexpr std::uint64_t k_count_max = std::uint64_t{1} << 53U;

    Histogram();

    // Allocates nothing. Values outside the range are clamped to its edge, and counted as such.
    void record(Duration value, std::uint64_t count = 1) {
        if (count == 0) { return; }
        Duration kept = value;
        if (value < k_least) {
            kept = k_least;
            clamped_below_ += count;
        } else if (value > k_greatest) {
            kept = k_greatest;
            clamped_above_ += count;
        }
        slots_[slot_of(kept)] += count;
        count_ += count;
        if (kept < least_) { least_ = kept; }
        if (kept > greatest_) { greatest_ = kept; }
    }
    void merge(Histogram const& other);
    // Forgets what was recorded and keeps the memory.
    void reset();

    // The value that `percent` of all recorded values do not exceed, at most 0.1 % off; exact for 0
    // and 100. Zero when nothing was recorded, like min, max and mean.
    [[nodiscard]] Duration percentile(double percent) const;
    [[nodiscard]] Duration min() const { return count_ == 0 ? Duration::zero() : least_; }
    [[nodiscard]] Duration max() const { return count_ == 0 ? Duration::zero() : greatest_; }
    [[nodiscard]] Duration mean() const;
    [[nodiscard]] std::uint64_t count() const { return count_; }
    // How many of the recorded values are not above `limit`, to the width of one slot.
    [[nodiscard]] std::uint64_t count_at_most(Duration limit) const;
    [[nodiscard]] std::uint64_t clamped_below() const { return clamped_below_; }
    [[nodiscard]] std::uint64_t clamped_above() const { return clamped_above_; }

    [[nodiscard]] std::string to_text() const;
    // Fails with load_errc::bad_histogram unless the text is exactly what to_text could have written.
    [[nodiscard]] static result<Histogram> from_text(std::string_view text);

    friend bool operator==(Histogram const&, Histogram const&) = default;

private:
    // 512 slots for each doubling: a slot is at most 1/512 of its values wide, its middle at most
    // 1/1024 away from any of them. Below 1024 ns a slot is one nanosecond.
    static constexpr unsigned k_slot_bits = 9;
    static constexpr std::size_t k_slots_per_doubling = std::size_t{1} << k_slot_bits;

    static constexpr std::size_t raw_slot(Duration value) {
        auto const ns = static_cast<std::uint64_t>(value.count());
        auto const doubling = static_cast<unsigned>(std::bit_width(ns)) - 1U - k_slot_bits;
        return doubling * k_slots_per_doubling + (ns >> doubling) - k_slots_per_doubling;
    }
    static constexpr std::size_t slot_of(Duration value) { return raw_slot(value) - raw_slot(k_least); }
    [[nodiscard]] static Duration middle_of(std::size_t slot);
    [[nodiscard]] bool is_consistent() const;

    std::vector<std::uint64_t> slots_;
    std::uint64_t count_ = 0;
    std::uint64_t clamped_below_ = 0;
    std::uint64_t clamped_above_ = 0;
    Duration least_ = k_greatest;
    Duration greatest_ = Duration::zero();
};

}  // namespace drydock::load

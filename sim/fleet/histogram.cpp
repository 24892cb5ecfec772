#include "sim/fleet/histogram.h"

#include "server/base/bytes.h"
#include "server/base/random.h"
#include "sim/fleet/load_error.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace drydock::load {

namespace {

constexpr std::string_view k_version = "dh1:";
// Every slot in use with the longest varints there can be stays below this.
constexpr std::size_t k_text_bytes_max = 256UL * 1024;
constexpr std::size_t k_sum_bytes = 4;

void append_varint(Bytes& out, std::uint64_t value) {
    while (value >= 0x80U) {
        out.push_back(static_cast<std::byte>((value & 0x7FU) | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<std::byte>(value));
}

std::uint32_t sum_of(BytesView bytes) { return static_cast<std::uint32_t>(fnv1a(as_text(bytes))); }

std::optional<unsigned> base64url_digit(char c) {
    if (c >= 'A' && c <= 'Z') { return static_cast<unsigned>(c - 'A'); }
    if (c >= 'a' && c <= 'z') { return static_cast<unsigned>(c - 'a') + 26; }
    if (c >= '0' && c <= '9') { return static_cast<unsigned>(c - '0') + 52; }
    if (c == '-') { return 62; }
    if (c == '_') { return 63; }
    return std::nullopt;
}

// Nothing for foreign characters, for a lone last character and for left-over bits that are not zero.
std::optional<Bytes> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) { return std::nullopt; }
    Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (char c : text) {
        auto const digit = base64url_digit(c);
        if (!digit) { return std::nullopt; }
        pending = (pending << 6U | *digit) & 0xFFFFU;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::byte>(pending >> bits & 0xFFU));
        }
    }
    if ((pending & ((1U << bits) - 1U)) != 0) { return std::nullopt; }
    return bytes;
}

// Reads varints until one is wrong; from then on every read is zero and `broken` stays true.
class VarintReader {
public:
    explicit VarintReader(BytesView bytes) : rest_(bytes) {}

    std::uint64_t next(std::uint64_t max) {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
            auto const byte = std::to_integer<std::uint64_t>(rest_.front());
            rest_ = rest_.subspan(1);
            value |= (byte & 0x7FU) << shift;
            if (byte < 0x80U) {
                bool const is_shortest = byte != 0 || shift == 0;
                if (!is_shortest || value > max || broken_) { break; }
                return value;
            }
        }
        broken_ = true;
        return 0;
    }
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] bool ended() const { return rest_.empty(); }

private:
    BytesView rest_;
    bool broken_ = false;
};

}  // namespace

Histogram::Histogram() : slots_(slot_of(k_greatest) + 1) {}

void Histogram::merge(Histogram const& other) {
    if (other.count_ == 0) { return; }
    std::size_t const last = slot_of(other.greatest_);
    for (std::size_t slot = slot_of(other.least_); slot <= last; ++slot) { slots_[slot] += other.slots_[slot]; }
    count_ += other.count_;
    clamped_below_ += other.clamped_below_;
    clamped_above_ += other.clamped_above_;
    least_ = std::min(least_, other.least_);
    greatest_ = std::max(greatest_, other.greatest_);
}

void Histogram::reset() {
    std::fill(slots_.begin(), slots_.end(), 0);
    count_ = 0;
    clamped_below_ = 0;
    clamped_above_ = 0;
    least_ = k_greatest;
    greatest_ = Duration::zero();
}

Duration Histogram::middle_of(std::size_t slot) {
    std::size_t const raw = slot + raw_slot(k_least);
    std::size_t const doubling = raw / k_slots_per_doubling;
    std::uint64_t const first = (raw % k_slots_per_doubling + k_slots_per_doubling) << doubling;
    std::uint64_t const width = std::uint64_t{1} << doubling;
    return Duration(static_cast<Duration::rep>(first + width / 2));
}

Duration Histogram::percentile(double percent) const {
    if (count_ == 0) { return Duration::zero(); }
    double const share = std::clamp(percent, 0.0, 100.0) / 100.0;
    // The first value is wanted at least. A hair is taken off, because 99.9 % of 1,000 is a little more than 999
    // in binary fractions, and the value asked for is the 999th.
    double const exact = share * static_cast<double>(count_);
    auto const rank = static_cast<std::uint64_t>(std::ceil(exact - exact * 1e-12));
    if (rank <= 1) { return least_; }
    if (rank >= count_) { return greatest_; }
    std::uint64_t seen = 0;
    std::size_t slot = slot_of(least_);
    for (; seen + slots_[slot] < rank; ++slot) { seen += slots_[slot]; }
    return std::clamp(middle_of(slot), least_, greatest_);
}

Duration Histogram::mean() const {
    if (count_ == 0) { return Duration::zero(); }
    double weighted = 0;
    std::size_t const last = slot_of(greatest_);
    for (std::size_t slot = slot_of(least_); slot <= last; ++slot) {
        weighted += static_cast<double>(slots_[slot]) * static_cast<double>(middle_of(slot).count());
    }
    Duration const middle(static_cast<Duration::rep>(std::llround(weighted / static_cast<double>(count_))));
    return std::clamp(middle, least_, greatest_);
}

std::uint64_t Histogram::count_at_most(Duration limit) const {
    if (count_ == 0 || limit < least_) { return 0; }
    if (limit >= greatest_) { return count_; }
    std::uint64_t seen = 0;
    std::size_t const last = slot_of(limit);
    for (std::size_t slot = slot_of(least_); slot <= last; ++slot) { seen += slots_[slot]; }
    return seen;
}

std::string Histogram::to_text() const {
    Bytes bytes;
    append_varint(bytes, static_cast<std::uint64_t>(min().count()));
    append_varint(bytes, static_cast<std::uint64_t>(max().count()));
    append_varint(bytes, clamped_below_);
    append_varint(bytes, clamped_above_);
    auto const is_used = [](std::uint64_t count) { return count != 0; };
    append_varint(bytes, static_cast<std::uint64_t>(std::count_if(slots_.begin(), slots_.end(), is_used)));
    std::uint64_t empty = 0;
    for (std::uint64_t count : slots_) {
        if (count == 0) {
            ++empty;
            continue;
        }
        append_varint(bytes, empty);
        append_varint(bytes, count);
        empty = 0;
    }
    std::uint32_t const sum = sum_of(bytes);
    for (unsigned i = 0; i < k_sum_bytes; ++i) { bytes.push_back(static_cast<std::byte>(sum >> (8 * i) & 0xFFU)); }
    return std::string(k_version) + to_base64url(bytes);
}

result<Histogram> Histogram::from_text(std::string_view text) {
    if (text.size() > k_text_bytes_max || !text.starts_with(k_version)) { return fail(load_errc::bad_histogram); }
    auto const bytes = from_base64url(text.substr(k_version.size()));
    if (!bytes || bytes->size() < k_sum_bytes) { return fail(load_errc::bad_histogram); }
    BytesView const body = BytesView(*bytes).first(bytes->size() - k_sum_bytes);
    std::uint32_t sum = 0;
    for (unsigned i = 0; i < k_sum_bytes; ++i) {
        sum |= std::to_integer<std::uint32_t>((*bytes)[body.size() + i]) << (8 * i);
    }
    if (sum != sum_of(body)) { return fail(load_errc::bad_histogram); }

    Histogram read;
    VarintReader reader(body);
    auto const greatest_ns = static_cast<std::uint64_t>(k_greatest.count());
    Duration const least(static_cast<Duration::rep>(reader.next(greatest_ns)));
    Duration const greatest(static_cast<Duration::rep>(reader.next(greatest_ns)));
    read.clamped_below_ = reader.next(k_count_max);
    read.clamped_above_ = reader.next(k_count_max);
    std::uint64_t const entries = reader.next(read.slots_.size());
    std::size_t slot = 0;
    for (std::uint64_t i = 0; i < entries && !reader.broken(); ++i) {
        slot += reader.next(read.slots_.size());
        if (slot >= read.slots_.size()) { return fail(load_errc::bad_histogram); }
        std::uint64_t const count = reader.next(k_count_max - read.count_);
        if (count == 0) { return fail(load_errc::bad_histogram); }
        read.slots_[slot++] = count;
        read.count_ += count;
    }
    if (entries != 0) {
        read.least_ = least;
        read.greatest_ = greatest;
    }
    bool const is_empty_right = entries != 0 || (least == Duration::zero() && greatest == Duration::zero());
    if (reader.broken() || !reader.ended() || !is_empty_right || !read.is_consistent()) {
        return fail(load_errc::bad_histogram);
    }
    return read;
}

// Whether the extremes and the clamped counts can belong to the slots.
bool Histogram::is_consistent() const {
    if (count_ == 0) { return clamped_below_ == 0 && clamped_above_ == 0; }
    if (least_ < k_least || greatest_ > k_greatest || least_ > greatest_) { return false; }
    auto const is_used = [](std::uint64_t count) { return count != 0; };
    auto const first = std::find_if(slots_.begin(), slots_.end(), is_used);
    auto const last = std::find_if(slots_.rbegin(), slots_.rend(), is_used);
    if (first - slots_.begin() != static_cast<std::ptrdiff_t>(slot_of(least_))) { return false; }
    if (slots_.rend() - last != static_cast<std::ptrdiff_t>(slot_of(greatest_)) + 1) { return false; }
    if (count_ == 1 && least_ != greatest_) { return false; }
    if (clamped_below_ > slots_.front() || (clamped_below_ != 0 && least_ != k_least)) { return false; }
    return clamped_above_ <= slots_.back() && (clamped_above_ == 0 || greatest_ == k_greatest);
}

}  // namespace drydock::load

#include "sim/link/flight.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace drydock {

namespace {

// The bytes of a piece stand behind it, in the same allocation.
template <class Piece>
[[nodiscard]] std::byte* bytes_behind(Piece* piece) {
    return reinterpret_cast<std::byte*>(piece + 1);
}

}  // namespace

void Flight::push(TimePoint at, BytesView bytes, Kind kind) {
    void* const room = ::operator new(sizeof(Piece) + bytes.size());
    TimePoint const when = last_ == nullptr ? at : std::max(at, last_->at);
    auto* const piece = new (room) Piece{nullptr, when, static_cast<std::uint32_t>(bytes.size()), 0, kind};
    if (!bytes.empty()) { std::memcpy(bytes_behind(piece), bytes.data(), bytes.size()); }
    (last_ == nullptr ? first_ : last_->next) = piece;
    last_ = piece;
    bytes_ += piece->size;
}

BytesView Flight::first_bytes() const { return {bytes_behind(first_) + first_->taken, first_->size - first_->taken}; }

void Flight::take(std::size_t count) {
    first_->taken += static_cast<std::uint32_t>(count);
    bytes_ -= static_cast<std::uint32_t>(count);
    if (first_->taken == first_->size) { drop_first(); }
}

std::size_t Flight::read(TimePoint now, std::span<std::byte> into) {
    std::size_t total = 0;
    while (total < into.size() && first_ != nullptr && first_->at <= now && first_->kind == Kind::bytes) {
        BytesView const from = first_bytes();
        std::size_t const count = std::min(from.size(), into.size() - total);
        std::memcpy(into.data() + total, from.data(), count);
        take(count);
        total += count;
    }
    return total;
}

void Flight::clear() {
    while (first_ != nullptr) { drop_first(); }
    bytes_ = 0;
}

void Flight::drop_first() {
    Piece* const piece = first_;
    first_ = piece->next;
    if (first_ == nullptr) { last_ = nullptr; }
    ::operator delete(piece);
}

}  // namespace drydock

// What is under way in one direction: pieces with their times of arrival, in order. Owns memory only
// while there are some.
#pragma once

#include "server/base/bytes.h"
#include "server/base/clock.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace drydock {

class Flight {
public:
    enum class Kind : std::uint8_t {
        bytes,
        end,     // nothing more will come
        broken,  // the connection is reset
    };

    Flight() = default;
    Flight(Flight&& other) noexcept { swap(other); }
    Flight& operator=(Flight&& other) noexcept {
        swap(other);
        return *this;
    }
    ~Flight() { clear(); }

    // Arrives at `at`, or with what went before when that is later.
    void push(TimePoint at, BytesView bytes, Kind kind = Kind::bytes);
    [[nodiscard]] bool empty() const { return first_ == nullptr; }
    // Bytes under way or arrived and not taken.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    // When the first piece arrives; TimePoint::max() without one.
    [[nodiscard]] TimePoint first_at() const { return first_ == nullptr ? TimePoint::max() : first_->at; }
    [[nodiscard]] Kind first_kind() const { return first_->kind; }
    // When the last piece arrives, after which nothing comes; TimePoint::max() before the end was sent.
    [[nodiscard]] TimePoint ended_at() const {
        return last_ != nullptr && last_->kind != Kind::bytes ? last_->at : TimePoint::max();
    }
    // When it will be known that the connection is reset; TimePoint::max() while it is not.
    [[nodiscard]] TimePoint broken_at() const {
        return last_ != nullptr && last_->kind == Kind::broken ? last_->at : TimePoint::max();
    }
    [[nodiscard]] BytesView first_bytes() const;
    // Takes so many bytes off the first piece; drops it when nothing is left of it.
    void take(std::size_t count);
    // Copies what has arrived by `now`, as much as fits.
    [[nodiscard]] std::size_t read(TimePoint now, std::span<std::byte> into);
    void clear();

private:
    struct Piece {
        Piece* next;
        TimePoint at;
        std::uint32_t size;
        std::uint32_t taken;
        Kind kind;
    };
    void swap(Flight& other) noexcept {
        std::swap(first_, other.first_);
        std::swap(last_, other.last_);
        std::swap(bytes_, other.bytes_);
    }
    void drop_first();

    Piece* first_ = nullptr;
    Piece* last_ = nullptr;
    std::uint32_t bytes_ = 0;
};

}  // namespace drydock

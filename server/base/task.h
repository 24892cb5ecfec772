// Something to call later: like std::function, but it only moves, and what captures up to three words
// (an owner and two numbers) allocates nothing.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace drydock {

class Task {
public:
    Task() noexcept = default;
    Task(std::nullptr_t) noexcept {}

    template <class Call>
        requires(!std::same_as<std::remove_cvref_t<Call>, Task> && std::invocable<std::decay_t<Call>&>)
    Task(Call&& call) {
        using Kept = std::decay_t<Call>;
        if constexpr (std::same_as<Kept, std::function<void()>>) {
            if (!call) { return; }
        }
        if constexpr (fits<Kept>) {
            ::new (room_) Kept(std::forward<Call>(call));
            kind_ = &k_inside<Kept>;
        } else {
            ::new (room_) std::unique_ptr<Kept>(std::make_unique<Kept>(std::forward<Call>(call)));
            kind_ = &k_outside<Kept>;
        }
    }
    Task(Task&& other) noexcept { take(other); }
    Task& operator=(Task&& other) noexcept {
        // What was kept may own `other`, or call back: it goes when all else is done.
        Task before;
        before.take(*this);
        take(other);
        return *this;
    }
    Task(Task const&) = delete;
    Task& operator=(Task const&) = delete;
    ~Task() {
        if (kind_ != nullptr) { kind_->destroy(room_); }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return kind_ != nullptr; }
    // There must be something to call.
    void operator()() { kind_->call(room_); }

private:
    static constexpr std::size_t k_room = 3 * sizeof(void*);
    struct Kind {
        void (*call)(void* kept);
        void (*move)(void* from, void* to) noexcept;  // leaves nothing behind
        void (*destroy)(void* kept) noexcept;
    };

    template <class Kept>
    static constexpr bool fits =
        sizeof(Kept) <= k_room && alignof(Kept) <= alignof(void*) && std::is_nothrow_move_constructible_v<Kept>;

    template <class Kept>
    [[nodiscard]] static Kept& kept_in(void* room) {
        return *std::launder(static_cast<Kept*>(room));
    }
    template <class Kept>
    static void move_kept(void* from, void* to) noexcept {
        Kept& kept = kept_in<Kept>(from);
        ::new (to) Kept(std::move(kept));
        kept.~Kept();
    }
    template <class Kept>
    static void destroy_kept(void* room) noexcept {
        kept_in<Kept>(room).~Kept();
    }
    template <class Kept>
    static void call_inside(void* room) {
        kept_in<Kept>(room)();
    }
    template <class Kept>
    static void call_outside(void* room) {
        (*kept_in<std::unique_ptr<Kept>>(room))();
    }
    template <class Kept>
    static constexpr Kind k_inside{&call_inside<Kept>, &move_kept<Kept>, &destroy_kept<Kept>};
    template <class Kept>
    static constexpr Kind k_outside{&call_outside<Kept>, &move_kept<std::unique_ptr<Kept>>,
                                    &destroy_kept<std::unique_ptr<Kept>>};

    void take(Task& other) noexcept {
        kind_ = std::exchange(other.kind_, nullptr);
        if (kind_ != nullptr) { kind_->move(other.room_, room_); }
    }

    Kind const* kind_ = nullptr;
    alignas(void*) std::byte room_[k_room];
};

}  // namespace drydock

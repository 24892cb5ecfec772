// Memory of what comes and goes with every connection: each thread keeps up to 256 freed blocks of a
// size for the next of that size, which costs a tenth of what malloc does in a churn of logins. With
// sanitizers none is kept, so that they see every use of what is gone. Deletes without a size: clang has no
// others unless asked.
#pragma once

#include <cstddef>
#include <new>

namespace drydock {

template <std::size_t k_bytes>
class SpareBlocks {
public:
    [[nodiscard]] static void* take() {
        Block* const first = kept_.first;
        if (first == nullptr) { return ::operator new(k_bytes); }
        kept_.first = first->next;
        --kept_.count;
        return first;
    }
    static void give_back(void* block) noexcept {
        if (kept_.count == k_kept_max) { return ::operator delete(block); }
        thread_local End const end;
        kept_.first = ::new (block) Block{kept_.first};
        ++kept_.count;
    }

private:
#ifdef DRYDOCK_NO_SPARE_BLOCKS
    static constexpr std::size_t k_kept_max = 0;
#else
    static constexpr std::size_t k_kept_max = 256;
#endif
    struct Block {
        Block* next;
    };
    static_assert(k_bytes >= sizeof(Block));
    struct Kept {
        Block* first;
        std::size_t count;
    };
    // With the thread go its blocks; what is given back later than that is not kept.
    struct End {
        ~End() {
            while (kept_.first != nullptr) { ::operator delete(take()); }
            kept_.count = k_kept_max;
        }
    };

    static constinit inline thread_local Kept kept_{nullptr, 0};
};

// Base of a class whose objects are made by `new` one at a time.
template <class T>
struct Recycled {
    static void* operator new(std::size_t) { return SpareBlocks<sizeof(T)>::take(); }
    static void operator delete(void* block) noexcept { SpareBlocks<sizeof(T)>::give_back(block); }
};

// For the nodes of a list or map. Arrays, as of buckets, come from the usual place.
template <class T>
struct RecyclingAllocator {
    using value_type = T;
    RecyclingAllocator() = default;
    template <class Other>
    RecyclingAllocator(RecyclingAllocator<Other> const&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        return static_cast<T*>(count == 1 ? SpareBlocks<sizeof(T)>::take() : ::operator new(count * sizeof(T)));
    }
    void deallocate(T* block, std::size_t count) noexcept {
        if (count == 1) { return SpareBlocks<sizeof(T)>::give_back(block); }
        ::operator delete(block);
    }
    friend bool operator==(RecyclingAllocator const&, RecyclingAllocator const&) { return true; }
};

}  // namespace drydock

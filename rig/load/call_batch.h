// Many calls of one kind that an operator has under way at once, shared by the coroutines that make them.
#pragma once

#include "server/base/clock.h"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drydock::rig {

struct Batch {
    struct Claimed {
        std::uint64_t device = 0;
        std::size_t customer = 0;
        Duration took{};
    };

    std::vector<std::uint64_t> devices;
    std::vector<Claimed> claimed;
    std::uint64_t wanted = 0;
    TimePoint began{};  // when all hands began
    std::size_t next = 0;
    std::size_t hands = 0;  // coroutines that have not ended
    std::map<std::string, std::uint64_t> failures;
    std::string what;  // "claims"
    std::function<void(std::string sentence)> then;

    // What went wrong; empty when nothing did.
    [[nodiscard]] std::string sentence() const {
        std::string text;
        if (devices.size() < wanted) {
            text = fmt::format("the fleet had only {} of {} devices for it", devices.size(), wanted);
        }
        for (auto const& [why, count] : failures) {
            text += fmt::format("{}{} of {} {} failed: {}", text.empty() ? "" : "; ", count, devices.size(), what, why);
        }
        return text;
    }
    void hand_ends() {
        if (--hands == 0) { then(sentence()); }
    }
};
using BatchPtr = std::shared_ptr<Batch>;

}  // namespace drydock::rig

// The order of timers, shared by the real and the virtual clock: earliest first, and first come
// first served within one instant.
#pragma once

#include "server/base/clock.h"

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace drydock {

class Timers {
public:
    using Call = std::function<void()>;

    Clock::TimerId add(TimePoint when, Call call) {
        Clock::TimerId const id = ++last_;
        order_.emplace(std::pair(when, id), std::move(call));
        when_.emplace(id, when);
        return id;
    }
    void remove(Clock::TimerId id) {
        auto const found = when_.find(id);
        if (found == when_.end()) { return; }
        order_.erase(std::pair(found->second, id));
        when_.erase(found);
    }
    [[nodiscard]] std::optional<TimePoint> next() const {
        if (order_.empty()) { return std::nullopt; }
        return order_.begin()->first.first;
    }
    // Takes out the earliest timer. There must be one.
    [[nodiscard]] Call pop() {
        auto node = order_.extract(order_.begin());
        when_.erase(node.key().second);
        return std::move(node.mapped());
    }
    [[nodiscard]] bool empty() const { return order_.empty(); }
    void clear() {
        order_.clear();
        when_.clear();
    }

private:
    Clock::TimerId last_ = 0;
    std::map<std::pair<TimePoint, Clock::TimerId>, Call> order_;
    std::unordered_map<Clock::TimerId, TimePoint> when_;
};

}  // namespace drydock

// What happened, in order, on one time base. Verdicts and reports are computed from it; in
// virtual time its hash proves that a seed repeats. Never holds a secret: tokens appear as
// their printed name (tok#a1b2c3). Loop thread only.
#pragma once

#include "server/base/clock.h"
#include "server/base/random.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Event {
    TimePoint at;
    std::string subject;  // who it happened to: "box", "cloud", "anna"
    std::string kind;     // what happened: "device.online", "token.claimed"
    Fields fields;
};

class EventLog {
public:
    explicit EventLog(Clock const& clock) : clock_(clock) {}

    void append(std::string subject, std::string kind, Fields fields = {});
    [[nodiscard]] std::vector<Event> const& events() const { return events_; }
    // FNV-1a over every event so far, time included.
    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    // From now on events are told to the watcher only, neither kept nor hashed (a daemon's log).
    void keep_none() { keeps_ = false; }
    // False when nobody would learn of an event: then the device path does not even describe it.
    [[nodiscard]] bool is_heard() const { return keeps_ || watcher_; }
    // One watcher, called after each append.
    void on_append(std::function<void(Event const&)> watcher) { watcher_ = std::move(watcher); }

private:
    Clock const& clock_;
    std::vector<Event> events_;
    bool keeps_ = true;
    std::uint64_t hash_ = fnv1a("");
    std::function<void(Event const&)> watcher_;
};

}  // namespace drydock

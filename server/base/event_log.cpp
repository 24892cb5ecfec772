#include "server/base/event_log.h"

namespace drydock {

void EventLog::append(std::string subject, std::string kind, Fields fields) {
    if (!is_heard()) { return; }
    Event event{clock_.now(), std::move(subject), std::move(kind), std::move(fields)};
    if (watcher_) { watcher_(event); }
    if (!keeps_) { return; }
    hash_ = fnv1a(std::to_string(event.at.time_since_epoch().count()), hash_);
    hash_ = fnv1a(event.subject, hash_);
    hash_ = fnv1a(event.kind, hash_);
    for (auto const& [name, value] : event.fields) { hash_ = fnv1a(value, fnv1a(name, hash_)); }
    events_.push_back(std::move(event));
}

}  // namespace drydock

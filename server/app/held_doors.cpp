#include "server/app/held_doors.h"

#include <algorithm>

namespace drydock {

result<void> HeldDoors::hold(Address const& at) {
    auto taken = network_.listen(at);
    if (!taken) { return taken.error(); }
    held_.emplace_back(at, std::move(*taken));
    return {};
}

result<std::unique_ptr<Listener>> HeldDoors::listen(Address at) {
    auto const found = std::find_if(held_.begin(), held_.end(), [&at](auto const& one) { return one.first == at; });
    if (found == held_.end()) { return network_.listen(std::move(at)); }
    auto door = std::move(found->second);
    held_.erase(found);
    return door;
}

}  // namespace drydock

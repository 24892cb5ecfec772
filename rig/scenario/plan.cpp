#include "rig/scenario/plan.h"

#include <utility>

namespace drydock::rig {

Value::Value() = default;
Value::Value(Data its_data, Position its_place, bool its_quotes)
    : data(std::move(its_data)), at(its_place), key_at(its_place), is_quoted(its_quotes) {}

}  // namespace drydock::rig

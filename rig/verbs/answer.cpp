#include "rig/verbs/answer.h"

#include "rig/bench/bench.h"

#include <boost/json.hpp>

namespace drydock::rig {

std::string member(boost::json::value const& object, std::string_view name) {
    if (!object.is_object()) { return {}; }
    auto const* found = object.as_object().if_contains(name);
    if (found == nullptr || found->is_null()) { return {}; }
    if (found->is_string()) { return std::string(found->as_string()); }
    return boost::json::serialize(*found);
}

Outcome outcome_of(Result const& answer) {
    if (!answer) {
        throw InfrastructureError("the cloud gave no answer: " + answer.error().message() +
                                  " (nothing is asked twice that may have been done)");
    }
    if (answer->status < 400) { return {}; }
    auto const* body = answer->json.if_object();
    auto const* error = body == nullptr ? nullptr : body->if_contains("error");
    if (error == nullptr) { return Outcome::refused("http_" + std::to_string(answer->status)); }
    return Outcome::refused(member(*error, "code"), member(*error, "message"));
}

}  // namespace drydock::rig

// What can be wrong with the texts and lists of a load run, and how a wrong plan is reported: the
// name of the offending field and a sentence for people.
#pragma once

#include "server/base/error.h"

#include <string>
#include <vector>

namespace drydock::load {

enum class load_errc {
    bad_histogram = 1,
    bad_summary,
    too_few_runs,
    unequal_pairs,
    bad_measurement,
};

[[nodiscard]] error_code make_error_code(load_errc code);

struct Problem {
    std::string field;     // as the scenario names it: "phases[1].arrive.to"
    std::string sentence;  // what is wrong and what to do
};

using Problems = std::vector<Problem>;

// All problems at once, or the value.
template <class T>
using checked = boost::system::result<T, Problems>;

// What value() throws when there are problems: a std::invalid_argument with the first of them.
[[noreturn]] void throw_exception_from_error(Problems const& problems, boost::source_location const& place);

}  // namespace drydock::load

template <>
struct boost::system::is_error_code_enum<drydock::load::load_errc> : std::true_type {};

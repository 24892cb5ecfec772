#include "sim/fleet/load_error.h"

#include <stdexcept>

namespace drydock::load {

namespace {

class LoadCategory final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "load"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<load_errc>(value)) {
            case load_errc::bad_histogram: return "this is not the text of a histogram";
            case load_errc::bad_summary: return "this is not the text of a summary";
            case load_errc::too_few_runs: return "a comparison needs at least five runs of each side";
            case load_errc::unequal_pairs: return "paired runs need as many candidates as bases";
            case load_errc::bad_measurement: return "a measurement to be compared must be a number above zero";
        }
        return "unknown load error";
    }
};

}  // namespace

error_code make_error_code(load_errc code) {
    static LoadCategory const category;
    return {static_cast<int>(code), category};
}

void throw_exception_from_error(Problems const& problems, boost::source_location const&) {
    throw std::invalid_argument(problems.empty() ? "no problem"
                                                 : problems.front().field + ": " + problems.front().sentence);
}

}  // namespace drydock::load

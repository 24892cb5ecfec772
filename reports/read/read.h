// run.json back into its record: the opposite of write_json. Strict and bounded: a file may come from
// anywhere.
#pragma once

#include "reports/model/record.h"

#include <optional>
#include <string>
#include <string_view>

namespace drydock::report {

// The greatest text that is looked at.
constexpr std::size_t k_run_bytes_max = 128UL * 1024 * 1024;

struct ReadResult {
    std::optional<RunRecord> run;
    std::string error;  // where and what, in one line, when there is no run; the caller adds the file's name
};

// Takes exactly what reports/schema/run-1.json describes.
[[nodiscard]] ReadResult read_run(std::string_view text);

}  // namespace drydock::report

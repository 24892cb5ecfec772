// A load run as it could have been: 3,000 devices arrive over lte-m and ethernet, lose their cells and
// come back. Made by arithmetic, the same each time.
#pragma once

#include "reports/model/record.h"

namespace drydock::report::test {

// `verdict` is one of load_verdicts(); texts of the record hold `name`, to see what becomes of it.
[[nodiscard]] RunRecord load_sample(Verdict verdict = Verdict::fail, std::string const& name = "a day in the field");
// The same as of virtual time, where no process is looked at.
[[nodiscard]] RunRecord virtual_load_sample();

}  // namespace drydock::report::test

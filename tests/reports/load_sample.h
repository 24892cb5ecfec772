// A load run as it could have been: 3,000 devices arrive over lte-m and ethernet, lose their cells and
// come back. Made by arithmetic, the same each time.
#pragma once

#include "reports/model/record.h"

namespace drydock::report::test {

// `verdict` is one of LoadRecord's; texts of the record hold `name`, to see what becomes of it.
[[nodiscard]] RunRecord load_sample(std::string const& verdict = "failed",
                                    std::string const& name = "a day in the field");

}  // namespace drydock::report::test

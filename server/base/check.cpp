#include "server/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace drydock {

void check_failed(char const* expression, char const* file, int line) noexcept {
    std::fprintf(stderr, "drydock: broken belief: %s (%s:%d)\n", expression, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace drydock

// First-bytes detection: five bytes always decide, and no further byte changes a decision.
#include "server/base/check.h"
#include "server/net/sniff.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace drydock;
    BytesView const input = fuzz::bytes_of(data, size);
    Protocol decided = Protocol::undecided;
    for (std::size_t length = 0; length <= size; ++length) {
        // A copy of exactly these bytes: a read past its end is seen by AddressSanitizer.
        Bytes const so_far(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length));
        Protocol const told = sniff(so_far);
        if (length >= 5) { DRYDOCK_CHECK(told != Protocol::undecided); }
        if (decided != Protocol::undecided) { DRYDOCK_CHECK(told == decided); }
        decided = told;
    }
    if (decided == Protocol::device) { DRYDOCK_CHECK(data[0] == 29 || data[0] == 2); }
    if (decided == Protocol::http) { DRYDOCK_CHECK(data[0] >= 'A' && data[0] <= 'Z'); }
    if (decided == Protocol::mqtt) { DRYDOCK_CHECK(data[0] == 0x10); }
    if (decided == Protocol::tls) { DRYDOCK_CHECK(data[0] == 0x16); }
    return 0;
}

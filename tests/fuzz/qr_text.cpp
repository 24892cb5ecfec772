// The text of a scanned QR picture: what is taken has the one form, what is written is read back.
#include "server/base/check.h"
#include "server/token/token.h"
#include "tests/fuzz/fuzz.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace drydock;
    std::string_view const scanned = as_text(fuzz::bytes_of(data, size));
    auto const parsed = parse_qr_text(scanned);
    if (is_auth_token_text(scanned)) { DRYDOCK_CHECK(!parsed); }
    if (!parsed) { return 0; }
    DRYDOCK_CHECK(scanned.starts_with(parsed->token));
    DRYDOCK_CHECK(fuzz::is_inside(parsed->token, scanned));
    DRYDOCK_CHECK(parsed->token.starts_with("sqr_"));
    DRYDOCK_CHECK(is_auth_token_text(parsed->token.substr(4)));
    if (!parsed->organization) {
        DRYDOCK_CHECK(parsed->token == scanned);
        return 0;
    }
    std::string const written = qr_text(Secret(std::string(parsed->token)), *parsed->organization);
    DRYDOCK_CHECK(written.size() <= scanned.size());
    auto const again = parse_qr_text(written);
    DRYDOCK_CHECK(again.has_value());
    DRYDOCK_CHECK(again->token == parsed->token);
    DRYDOCK_CHECK(again->organization == parsed->organization);
    return 0;
}

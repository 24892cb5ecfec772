#include "sim/device/first_answer.h"

#include "server/wire/frame.h"
#include "sim/device/raw_client.h"

#include <boost/asio/error.hpp>

namespace drydock {

namespace {

constexpr std::string_view k_token_of_nobody = "drydock-asks-what-is-spoken-here";
constexpr std::uint16_t k_message_id = 1;
constexpr std::string_view k_http = "HTTP/";

FirstAnswer judge(RawAnswer const& answer) {
    if (answer.end == boost::asio::error::connection_aborted) { return FirstAnswer::handshake_failed; }
    if (answer.received.empty()) { return answer.was_closed ? FirstAnswer::hang_up : FirstAnswer::silence; }
    if (as_text(answer.received).starts_with(k_http)) { return FirstAnswer::http; }
    auto const first = wire::decode(answer.received, wire::k_body_bytes);
    bool const is_frame = first.kind == wire::Decoded::Kind::frame;
    bool const is_response = first.frame.command == wire::Command::response && first.frame.message_id == k_message_id;
    bool const is_answer = is_response || first.frame.command == wire::Command::redirect;
    return is_frame && is_answer ? FirstAnswer::device_protocol : FirstAnswer::something_else;
}

}  // namespace

boost::asio::awaitable<Asked> ask_as_a_device(Loop& loop, Dialer& dialer, Address address,
                                              std::shared_ptr<TlsContext> tls, std::string tls_host,
                                              Duration patience) {
    Bytes login;
    wire::append_frame(login, wire::Command::login, k_message_id, k_token_of_nobody);
    auto const answer = co_await raw_exchange(loop, dialer, std::move(address), std::move(tls), std::move(tls_host),
                                              std::move(login), patience);
    if (!answer) { co_return Asked{FirstAnswer::nobody, answer.error().message()}; }
    co_return Asked{judge(*answer), {}};
}

}  // namespace drydock

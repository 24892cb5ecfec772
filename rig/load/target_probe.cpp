#include "rig/load/target_probe.h"

#include "server/base/check.h"
#include "sim/device/first_answer.h"

#include <fmt/format.h>

namespace drydock::rig {

namespace {

using boost::asio::awaitable;

constexpr Duration k_patience = std::chrono::seconds(10);
constexpr Duration k_patience_afterwards = std::chrono::seconds(5);  // when it only serves to say more

// Of somebody who is understood by no device at all.
std::string why_not(FirstAnswer answer, std::string const& place, std::string_view wanted) {
    auto const say = [&](std::string_view what) { return fmt::format("{} {}: is it {}?", place, what, wanted); };
    switch (answer) {
        case FirstAnswer::http: return say("answers the login of a device with HTTP");
        case FirstAnswer::something_else:
            return say("answers the login of a device with something that is no frame of theirs");
        case FirstAnswer::handshake_failed: return say("does not speak TLS, or not as devices do");
        case FirstAnswer::hang_up: return say("hangs up on the login of a device without an answer");
        case FirstAnswer::silence:
            return say(fmt::format("takes a connection and does not answer the login of a device in {} s",
                                   std::chrono::duration_cast<std::chrono::seconds>(k_patience).count()));
        case FirstAnswer::device_protocol:
        case FirstAnswer::nobody: break;
    }
    DRYDOCK_UNREACHABLE();
}

}  // namespace

awaitable<std::string> why_no_device_port(Loop& loop, Dialer& dialer, Target target) {
    bool const has_tls = target.tls != nullptr;
    std::string const place = fmt::format("{}:{}", target.address.host, target.address.port);
    char const* const wanted = has_tls ? "the port for devices with TLS" : "the port for devices without TLS";
    Asked const asked = co_await ask_as_a_device(loop, dialer, target.address, target.tls, target.tls_host, k_patience);
    if (asked.answer == FirstAnswer::device_protocol) { co_return std::string(); }
    if (asked.answer == FirstAnswer::nobody) {
        co_return fmt::format("nobody answers at {} ({}): is the server running, and is it {}?", place, asked.cause,
                              wanted);
    }
    // What would be understood there instead says most.
    if (has_tls && asked.answer == FirstAnswer::handshake_failed) {
        auto const without_trust = TlsContext::client_from_text({}, TlsContext::Verify::no);
        Asked const unseen = co_await ask_as_a_device(loop, dialer, target.address, without_trust, target.tls_host,
                                                      k_patience_afterwards);
        if (unseen.answer != FirstAnswer::handshake_failed && unseen.answer != FirstAnswer::hang_up) {
            co_return fmt::format(
                "the certificate of {} is not to be trusted: does it come from the authority given, is it valid "
                "today, and does it carry the name '{}'?",
                place, target.tls_host);
        }
    }
    std::shared_ptr<TlsContext> const other =
        has_tls ? nullptr : TlsContext::client_from_text({}, TlsContext::Verify::no);
    Asked const otherwise =
        co_await ask_as_a_device(loop, dialer, target.address, other, target.tls_host, k_patience_afterwards);
    if (otherwise.answer == FirstAnswer::device_protocol) {
        co_return fmt::format(
            "{} {}: let them, or give another port", place,
            has_tls ? "speaks plain, and these devices do not" : "speaks TLS, and these devices do not");
    }
    co_return why_not(asked.answer, place, wanted);
}

}  // namespace drydock::rig

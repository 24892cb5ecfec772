#include "rig/load/target_probe.h"

#include "sim/device/first_answer.h"

#include <fmt/format.h>

namespace drydock::rig {

namespace {

using boost::asio::awaitable;

constexpr Duration k_patience = std::chrono::seconds(10);
constexpr Duration k_patience_afterwards = std::chrono::seconds(5);  // when it only serves to say more

// Of somebody who is understood by no device at all.
std::string why_not(FirstAnswer answer, std::string const& place, std::string_view wanted) {
    switch (answer) {
        case FirstAnswer::http:
            return fmt::format("{} answers the login of a device with HTTP: is it {}?", place, wanted);
        case FirstAnswer::something_else:
            return fmt::format("{} answers the login of a device with something that is no frame of theirs: is it {}?",
                               place, wanted);
        case FirstAnswer::handshake_failed:
            return fmt::format("{} does not speak TLS, or not as devices do: is it {}?", place, wanted);
        case FirstAnswer::hang_up:
            return fmt::format("{} hangs up on the login of a device without an answer: is it {}?", place, wanted);
        default:
            return fmt::format("{} takes a connection and does not answer the login of a device in {} s: is it {}?",
                               place, std::chrono::duration_cast<std::chrono::seconds>(k_patience).count(), wanted);
    }
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
    auto const without_trust = TlsContext::client_from_text({}, TlsContext::Verify::no);
    Asked const over_tls =
        co_await ask_as_a_device(loop, dialer, target.address, without_trust, target.tls_host, k_patience_afterwards);
    if (over_tls.answer == FirstAnswer::device_protocol) {
        if (!has_tls) { co_return place + " speaks TLS, and these devices do not: let them, or give another port"; }
        co_return fmt::format(
            "the certificate of {} is not to be trusted: does it come from the authority given, is it valid today, "
            "and does it carry the name '{}'?",
            place, target.tls_host);
    }
    if (!has_tls) { co_return why_not(asked.answer, place, wanted); }
    Asked const plain =
        co_await ask_as_a_device(loop, dialer, target.address, nullptr, target.tls_host, k_patience_afterwards);
    if (plain.answer == FirstAnswer::device_protocol) {
        co_return place + " does not speak TLS, and these devices do: let them speak plain, or give another port";
    }
    co_return why_not(asked.answer, place, wanted);
}

}  // namespace drydock::rig

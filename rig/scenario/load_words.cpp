#include "rig/scenario/load_words.h"

#include <array>

namespace drydock::rig {

using load::Activity;
using load::Happening;
using load::Temper;
using load::TokenFate;

std::span<Word<Family> const> family_words() {
    static constexpr std::array k_words{
        Word<Family>{"cpp", Family::cpp, "Notices a close only at its next write; 6 s of patience at login."},
        Word<Family>{"js", Family::js, "Pings each 10 s, sees a close at once, back after 5 s."},
        Word<Family>{"modern", Family::modern, "As cpp, but sees a close at once and is back after 5 s."},
    };
    return k_words;
}

std::span<Word<Temper> const> temper_words() {
    static constexpr std::array k_words{
        Word<Temper>{"steady", Temper::steady, "Behaves well."},
        Word<Temper>{"cloned", Temper::cloned, "Has the token of another device: the two displace each other."},
        Word<Temper>{"power_cuts", Temper::power_cuts, "Loses power now and then and boots again."},
        Word<Temper>{"slow_reader", Temper::slow_reader, "Reads a few bytes at a time."},
        Word<Temper>{"malformed", Temper::malformed, "Breaks the protocol once it is online; must be closed for it."},
        Word<Temper>{"half_login", Temper::half_login, "Sends only the first bytes of a login; must be closed for it."},
    };
    return k_words;
}

std::span<Word<TokenFate> const> fate_words() {
    static constexpr std::array k_words{
        Word<TokenFate>{"live", TokenFate::live, "Known to the cloud: let in."},
        Word<TokenFate>{"unknown", TokenFate::unknown, "Minted by nobody: refused with 9."},
        Word<TokenFate>{"deleted", TokenFate::deleted, "Minted and deleted: refused with 9."},
    };
    return k_words;
}

std::span<Word<Activity::Kind> const> activity_words() {
    static constexpr std::array k_words{
        Word<Activity::Kind>{"device.ping", Activity::Kind::ping, "Asks the cloud for a sign of life."},
        Word<Activity::Kind>{"device.report", Activity::Kind::report, "Writes a value that walks at random."},
    };
    return k_words;
}

std::span<EventSpec const> event_specs() {
    using Kind = Happening::Kind;
    static constexpr std::array k_events{
        EventSpec{"fault.on",
                  "fleet.link",
                  "cell_outage",
                  Kind::cell_outage,
                  Needed::maybe,
                  Needed::yes,
                  {},
                  Needed::no,
                  "The cells of a share of the devices lose everybody, silently."},
        EventSpec{"fault.on",
                  "fleet.link",
                  "half_open",
                  Kind::half_open,
                  Needed::maybe,
                  Needed::no,
                  {},
                  Needed::no,
                  "A share of the connections loses its way without notice to either side."},
        EventSpec{"fault.on",
                  "fleet.power",
                  "power_cut",
                  Kind::power_cut,
                  Needed::maybe,
                  Needed::yes,
                  {},
                  Needed::no,
                  "A share of the devices loses power and boots at one instant."},
        EventSpec{"fault.on",
                  "server.store",
                  "down",
                  Kind::store_down,
                  Needed::no,
                  Needed::yes,
                  {},
                  Needed::no,
                  "The store of the server fails."},
        EventSpec{"server.kill",
                  {},
                  {},
                  Kind::server_kill,
                  Needed::no,
                  Needed::no,
                  {},
                  Needed::no,
                  "kill -9 of the server, and a start on the same data."},
        EventSpec{"server.stop",
                  {},
                  {},
                  Kind::server_stop,
                  Needed::no,
                  Needed::no,
                  {},
                  Needed::no,
                  "An orderly end of the server, and a start on the same data."},
        EventSpec{"claim.burst",
                  {},
                  {},
                  Kind::claim_burst,
                  Needed::no,
                  Needed::no,
                  "devices",
                  Needed::maybe,
                  "Devices are claimed by customers at one instant."},
        EventSpec{"device.release",
                  {},
                  {},
                  Kind::release,
                  Needed::no,
                  Needed::no,
                  "devices",
                  Needed::no,
                  "Owners delete claimed devices from their accounts."},
        EventSpec{"tokens.disclaim",
                  {},
                  {},
                  Kind::disclaim,
                  Needed::no,
                  Needed::no,
                  "devices",
                  Needed::no,
                  "The maker takes ownership of claimed devices away."},
        EventSpec{"tokens.delete",
                  {},
                  {},
                  Kind::delete_token,
                  Needed::no,
                  Needed::no,
                  "devices",
                  Needed::no,
                  "The maker deletes the tokens of devices that are connected."},
        EventSpec{"tokens.create",
                  {},
                  {},
                  Kind::mint,
                  Needed::no,
                  Needed::no,
                  "count",
                  Needed::no,
                  "Tokens are minted in the background."},
    };
    return k_events;
}

}  // namespace drydock::rig

#include "rig/scenario/load_words.h"

#include <array>

namespace drydock::rig {

using load::Activity;
using load::Happening;
using load::Temper;
using load::TokenFate;

namespace {

using Kind = Happening::Kind;

constexpr EventSpec fault(std::string_view target, std::string_view kind, Kind what, std::string_view doc) {
    EventSpec spec{"fault.on", target, kind, what};
    spec.share = target == "server.store" ? Needed::no : Needed::maybe;
    spec.lasts = what == Kind::half_open ? Needed::no : Needed::yes;
    spec.doc = doc;
    return spec;
}

constexpr EventSpec event(std::string_view verb, Kind what, std::string_view count, std::string_view doc) {
    EventSpec spec{verb, {}, {}, what};
    spec.count = count;
    spec.users = what == Kind::claim_burst ? Needed::maybe : Needed::no;
    spec.doc = doc;
    return spec;
}

constexpr std::array k_events{
    fault("fleet.link", "cell_outage", Kind::cell_outage, "The cells of a share lose all their devices, silently."),
    fault("fleet.link", "half_open", Kind::half_open, "A share of the connections loses its way; nobody is told."),
    fault("fleet.power", "power_cut", Kind::power_cut, "A share loses power, and boots at one instant."),
    fault("server.store", "down", Kind::store_down, "The store of the server fails."),
    event("server.kill", Kind::server_kill, {}, "kill -9 of the server, and a start on the same data."),
    event("server.stop", Kind::server_stop, {}, "An orderly end of the server, and a start on the same data."),
    event("claim.burst", Kind::claim_burst, "devices", "Devices are claimed by customers at one instant."),
    event("device.release", Kind::release, "devices", "Owners delete claimed devices from their accounts."),
    event("tokens.disclaim", Kind::disclaim, "devices", "The maker takes ownership of claimed devices away."),
    event("tokens.delete", Kind::delete_token, "devices", "The maker deletes the tokens of connected devices."),
    event("tokens.create", Kind::mint, "count", "Tokens are minted in the background."),
};

}  // namespace

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

std::span<EventSpec const> event_specs() { return k_events; }

}  // namespace drydock::rig

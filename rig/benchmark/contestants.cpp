#include "rig/benchmark/contestants.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/seeded_store.h"
#include "server/wire/frame.h"

#include <algorithm>

namespace drydock::rig {

namespace {

// As many different devices take part; each has been online once before the clock starts. A process
// holds 20,000 descriptors, and some are no sockets.
constexpr std::uint64_t k_devices_max = 19'000;
constexpr std::uint64_t k_deleted_max = 1'000;

std::uint64_t deleted_beside(std::uint64_t tokens) { return std::clamp<std::uint64_t>(tokens / 10, 1, k_deleted_max); }

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

load::Login login_with(std::string_view token, wire::Status right) {
    load::Login login;
    wire::append_frame(login.frame, wire::Command::login, 1, token);
    wire::append_response(login.right_answer, 1, right);
    return login;
}

// What the store of a drydockd holds, by numbers: the tokens that were asked for, those that "revoke"
// will delete, those that are deleted already.
struct Numbers {
    std::uint64_t tokens = 0;
    std::uint64_t revocable = 0;
    std::uint64_t deleted = 0;
    [[nodiscard]] std::uint64_t all() const { return tokens + revocable + deleted; }
};

Numbers numbers_of(AuthOptions const& options, std::uint64_t tokens) {
    auto const cases = cases_named(options.cases);
    auto const revokes = [](AuthCase const& one) { return one.trouble == AuthCase::Trouble::revoking; };
    bool const is_revoking = std::any_of(cases.begin(), cases.end(), revokes);
    return {tokens, is_revoking ? options.revoke * options.runs : 0, deleted_beside(tokens)};
}

std::unique_ptr<Devices> devices_of(std::uint64_t seed, Numbers const& numbers, std::uint64_t taking_part,
                                    std::vector<TokenId> const& ids) {
    auto devices = std::make_unique<Devices>();
    auto const login_of = [seed](std::uint64_t number, wire::Status right) {
        return login_with(seeded_token(seed, number).reveal(), right);
    };
    for (std::uint64_t i = 0; i < taking_part; ++i) {
        // Spread over the whole store, not its first rows.
        devices->known.push_back(login_of(i * (numbers.tokens / taking_part), wire::Status::ok));
        // Numbers beyond those of the store: never minted.
        devices->unknown.push_back(login_of(numbers.all() + i, wire::Status::invalid_token));
    }
    std::uint64_t const deleted = numbers.tokens + numbers.revocable;
    for (std::uint64_t i = numbers.tokens; i < deleted; ++i) {
        devices->revocable.push_back(
            {ids.at(i), login_of(i, wire::Status::ok), login_of(i, wire::Status::invalid_token)});
    }
    for (std::uint64_t i = deleted; i < numbers.all(); ++i) {
        devices->deleted.push_back(login_of(i, wire::Status::invalid_token));
    }
    return devices;
}

}  // namespace

std::uint16_t Contestant::port(AuthCase::Link link) const {
    bool const is_plain = link == AuthCase::Link::plain;
    if (daemon != nullptr) { return is_plain ? daemon->plain_port() : daemon->secure_port(); }
    return is_plain ? peer->port() : peer->secure_port();
}

bool Contestant::takes_part(AuthCase const& one) const {
    if (daemon != nullptr) { return true; }
    if (devices == nullptr) { return one.has_peers; }
    // The limit says yes to everybody and has no API: who shall be refused has no limit of his own.
    return one.load == AuthCase::Load::flood && one.trouble != AuthCase::Trouble::minting &&
           one.trouble != AuthCase::Trouble::revoking;
}

std::vector<load::Login> const& Contestant::logins(AuthCase::Tokens which) const {
    if (devices == nullptr) { return peer->logins(); }
    if (daemon != nullptr && which == AuthCase::Tokens::unknown) { return devices->unknown; }
    if (daemon != nullptr && which == AuthCase::Tokens::deleted) { return devices->deleted; }
    return devices->known;
}

Contestants::Contestants(AuthOptions const& options)
    : options_(options),
      devices_count_(std::min(k_devices_max, *std::min_element(options.tokens.begin(), options.tokens.end()))) {
    for (std::string const& name : options.peers) {
        say("starting " + name);
        peers_.push_back(start_peer(name, options.fixtures));
        Contestant contestant;
        contestant.name = name;
        contestant.peer = peers_.back().get();
        all_.push_back(contestant);
    }
    for (std::uint64_t const tokens : options.tokens) { start_daemon(tokens); }
    auto const pki = daemons_.front()->authority().parent_path();
    trust_ = TlsContext::client(daemons_.front()->authority(), TlsContext::Verify::no);
    peers_.push_back(start_limit_server(options.program, pki));
    Contestant limit;
    limit.name = peers_.back()->name();
    limit.peer = peers_.back().get();
    limit.devices = devices_.front().get();
    all_.insert(all_.begin(), limit);
}

// It stands first.
Contestant const& Contestants::limit() const { return all_.front(); }

Contestant const& Contestants::first_daemon() const {
    return *std::find_if(all_.begin(), all_.end(), [](Contestant const& one) { return one.daemon != nullptr; });
}

void Contestants::say(std::string const& text) const {
    if (options_.progress) { options_.progress(text); }
}

void Contestants::start_daemon(std::uint64_t tokens) {
    AuthStock stock;
    stock.tokens = tokens;
    Clock const& clock = real_.loop().clock;
    TimePoint filled{};
    say("making a store of " + std::to_string(tokens) + " tokens");
    Numbers const numbers = numbers_of(options_, tokens);
    std::vector<TokenId> ids;
    DaemonProcessOptions daemon;
    daemon.program = options_.daemon.empty() ? default_daemon_program() : options_.daemon;
    daemon.prepare = [&](std::filesystem::path const& data, Secret const& password) {
        SeededStore wanted;
        wanted.seed = options_.seed;
        wanted.deleted = numbers.deleted;
        wanted.tokens = numbers.all();
        TimePoint const begun = clock.now();
        ids = make_seeded_store(data, password, wanted, [this](std::uint64_t made) {
            if (made % 100'000 == 0) { say(std::to_string(made) + " tokens"); }
        });
        filled = clock.now();
        stock.fill_seconds = seconds(filled - begun);
    };
    daemons_.push_back(std::make_unique<DaemonProcess>(std::move(daemon)));
    stock.start_seconds = seconds(clock.now() - filled);
    stocks_.push_back(stock);
    devices_.push_back(devices_of(options_.seed, numbers, devices_count_, ids));
    Contestant contestant;
    contestant.name = "drydockd";
    contestant.tokens = tokens;
    contestant.devices = devices_.back().get();
    contestant.daemon = daemons_.back().get();
    all_.push_back(contestant);
}

}  // namespace drydock::rig

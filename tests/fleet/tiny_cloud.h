// A small cloud for fleets: a script says what it answers, and it counts what it sees.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"
#include "server/wire/frame.h"

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace drydock::test {

class TinyCloud {
public:
    TinyCloud(Loop& loop, Network& network, Address at) : loop_(loop) {
        auto listener = network.listen(std::move(at));
        listener_ = std::move(*listener);
        listener_->start([this](StreamPtr stream, Arrival) { accept(std::move(stream)); });
    }

    // The status for a login with this token: 200 for all in the beginning.
    std::function<std::uint16_t(std::string_view)> answer = [](std::string_view) { return std::uint16_t{200}; };
    std::uint16_t ping_status = 200;
    std::shared_ptr<TlsContext> tls;  // of connections from now on
    bool is_silent = false;           // answers nothing
    bool closes_bad_frames = true;    // message id 0
    bool closes_half_logins = true;   // after ten seconds

    [[nodiscard]] Address address() const { return listener_->address(); }
    [[nodiscard]] bool is_online(std::string const& token) const { return online_.contains(token); }
    [[nodiscard]] std::size_t online() const { return online_.size(); }
    void kick(std::string const& token) {
        auto const found = online_.find(token);
        if (found != online_.end()) { end(*found->second); }
    }
    void kick_all() {
        while (!visits_.empty()) { end(*visits_.front()); }
    }

    std::map<std::string, unsigned> logins;  // by token, whatever came of them
    std::map<std::string, TimePoint> last_login;
    std::map<std::string, unsigned> sources;  // connections by the address they came from
    std::uint64_t connections = 0;
    std::uint64_t pings = 0;
    std::uint64_t reports = 0;
    std::uint64_t bad_frames = 0;
    std::uint64_t half_logins = 0;
    std::uint64_t takeovers = 0;
    std::string last_report;

private:
    struct Visit {
        TinyCloud& cloud;
        StreamPtr stream;
        Bytes part;
        std::string token;
        Clock::TimerId patience = 0;
        std::list<std::unique_ptr<Visit>>::iterator place{};

        void on_readable() { cloud.on_readable(*this); }
    };

    void accept(StreamPtr stream) {
        ++connections;
        ++sources[stream->peer().host];
        if (tls) { stream = tls_accept(tls, std::move(stream)); }
        auto const place =
            visits_.insert(visits_.end(), std::make_unique<Visit>(Visit{*this, std::move(stream), {}, {}}));
        Visit& visit = **place;
        visit.place = place;
        Clock& clock = loop_.clock;
        visit.patience = clock.call_at(clock.now() + std::chrono::seconds(10), [this, &visit] {
            visit.patience = 0;
            if (!closes_half_logins) { return; }
            ++half_logins;
            end(visit);
        });
        visit.stream->wait_readable(on_ready<&Visit::on_readable>(visit));
    }

    void end(Visit& visit) {
        if (visit.patience != 0) { loop_.clock.cancel(visit.patience); }
        auto const found = online_.find(visit.token);
        if (found != online_.end() && found->second == &visit) { online_.erase(found); }
        visit.stream->close();
        visits_.erase(visit.place);
    }

    void on_readable(Visit& visit) {
        std::array<std::byte, 1024> chunk{};
        auto const got = visit.stream->read_some(chunk);
        if (!got && !is_would_block(got.error())) { return end(visit); }
        if (got) { visit.part.insert(visit.part.end(), chunk.begin(), chunk.begin() + static_cast<long>(*got)); }
        while (true) {
            auto const step = wire::decode(visit.part, wire::k_body_bytes);
            if (step.kind != wire::Decoded::Kind::frame) { break; }
            if (!take(visit, step.frame)) { return end(visit); }
            visit.part.erase(visit.part.begin(), visit.part.begin() + static_cast<long>(step.consumed));
        }
        visit.stream->wait_readable(on_ready<&Visit::on_readable>(visit));
    }

    // False when the visit is over.
    bool take(Visit& visit, wire::Frame const& frame) {
        if (is_silent) { return true; }
        if (frame.message_id == 0) {
            ++bad_frames;
            return !closes_bad_frames;
        }
        if (visit.token.empty()) { return log_in(visit, frame); }
        if (frame.command == wire::Command::hardware) {
            ++reports;
            last_report = std::string(as_text(frame.body));
            return true;
        }
        bool const is_ping = frame.command == wire::Command::ping;
        if (is_ping) { ++pings; }
        say(visit, frame.message_id, is_ping ? ping_status : std::uint16_t{200});
        return true;
    }

    bool log_in(Visit& visit, wire::Frame const& frame) {
        loop_.clock.cancel(visit.patience);
        visit.patience = 0;
        std::string const token(as_text(frame.body));
        ++logins[token];
        last_login[token] = loop_.clock.now();
        std::uint16_t const status = answer(token);
        say(visit, frame.message_id, status);
        if (status != 200) {
            visit.stream->shutdown_send();
            visit.token = "refused";
            return true;
        }
        visit.token = token;
        auto const before = online_.find(token);
        if (before != online_.end()) {
            ++takeovers;
            end(*before->second);
        }
        online_[token] = &visit;
        return true;
    }

    static void say(Visit& visit, std::uint16_t id, std::uint16_t status) {
        Bytes out;
        wire::append_response(out, id, static_cast<wire::Status>(status));
        static_cast<void>(visit.stream->write_some(out));
    }

    Loop& loop_;
    std::unique_ptr<Listener> listener_;
    std::list<std::unique_ptr<Visit>> visits_;
    std::map<std::string, Visit*> online_;
};

}  // namespace drydock::test

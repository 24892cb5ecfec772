// The edge's bytes: frames in any pieces, and what becomes of values when the ownership changes.
#include "server/device/device_edge.h"
#include "server/store/sqlite_store.h"
#include "sim/world/world.h"
#include "tests/benchmark/filled_store.h"

#include <boost/asio/error.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>

using namespace drydock;
using wire::Command;

namespace {

// What a test puts in comes out in these very pieces; what is written is kept.
struct Wire {
    std::deque<Bytes> pieces;
    Bytes answers;
    bool is_closed = false;
    OnReady reader;
};

class WireStream final : public Stream {
public:
    WireStream(Wire& wire, World& world) : wire_(wire), world_(world) {}
    ~WireStream() override { close(); }

    result<std::size_t> read_some(std::span<std::byte> into) override {
        if (wire_.pieces.empty()) { return error_code(boost::asio::error::would_block); }
        Bytes& piece = wire_.pieces.front();
        std::size_t const count = std::min(into.size(), piece.size());
        std::copy_n(piece.begin(), count, into.begin());
        piece.erase(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
        if (piece.empty()) { wire_.pieces.pop_front(); }
        return count;
    }
    result<std::size_t> write_some(BytesView from) override {
        wire_.answers.insert(wire_.answers.end(), from.begin(), from.end());
        return from.size();
    }
    void wait_readable(OnReady then) override { wire_.reader = then; }
    void wait_writable(OnReady) override {}
    void shutdown_send() override {}
    void close() override {
        wire_.is_closed = true;
        wire_.reader = {};
    }
    [[nodiscard]] Address peer() const override { return {"device", 1}; }
    [[nodiscard]] boost::asio::any_io_executor executor() override { return world_.get_executor(); }

private:
    Wire& wire_;
    World& world_;
};

class Desk {
public:
    Desk() : store_(SqliteStore::open(world_.loop(), ":memory:", SqliteStore::Commits::inline_)) {
        bench::fill(*store_, vault_, world_.loop().entropy, 1,
                    [this](bool const& is_done) { REQUIRE(world_.run_while([&is_done] { return !is_done; })); });
    }

    // A device whose bytes come in these pieces, until all are read or it was closed.
    void feed(std::vector<Bytes> const& pieces) {
        for (Bytes const& piece : pieces) { wire.pieces.push_back(piece); }
        while (!wire.pieces.empty() && !wire.is_closed) {
            world_.run_until(world_.now() + std::chrono::milliseconds(1));
            if (wire.reader) { std::exchange(wire.reader, {})(); }
        }
        world_.run_until(world_.now() + std::chrono::milliseconds(1));
    }
    void connect() {
        wire = {};
        edge.accept(std::make_unique<WireStream>(wire, world_), {});
    }
    void log_in() {
        connect();
        feed({login()});
        REQUIRE(statuses() == std::vector<unsigned>{200});
        wire.answers.clear();
    }
    [[nodiscard]] static Bytes login() {
        Bytes bytes;
        wire::append_frame(bytes, Command::login, 1, bench::token_number(0).reveal());
        return bytes;
    }
    // The statuses of the answers so far.
    [[nodiscard]] std::vector<unsigned> statuses() const {
        std::vector<unsigned> found;
        for (BytesView rest(wire.answers); !rest.empty();) {
            auto const step = wire::decode(rest, wire::k_body_bytes);
            REQUIRE(step.kind == wire::Decoded::Kind::frame);
            found.push_back(step.frame.status);
            rest = rest.subspan(step.consumed);
        }
        return found;
    }

private:
    World world_{Seed{1}};
    Vault vault_{std::array<std::byte, 32>{std::byte{5}}};
    std::unique_ptr<SqliteStore> store_;
    EventLog events_{world_.loop().clock};

public:
    Wire wire;
    DeviceEdge edge{world_.loop(), *store_, vault_, events_};
};

std::vector<Bytes> split(Bytes const& bytes, std::size_t at) {
    auto const middle = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return {Bytes(bytes.begin(), middle), Bytes(middle, bytes.end())};
}

// A frame of the greatest length, which is answered.
Bytes longest(std::uint16_t id) {
    Bytes bytes;
    wire::append_frame(bytes, Command::event_log, id, std::string(wire::k_body_bytes, 'x'));
    return bytes;
}

}  // namespace

TEST_CASE("a login split at any byte is one login", "[device][AUTH-01]") {
    Desk desk;
    Bytes const login = Desk::login();
    for (std::size_t at = 1; at < login.size(); ++at) {
        INFO("split at " << at);
        desk.connect();
        desk.feed(split(login, at));
        CHECK(desk.statuses() == std::vector<unsigned>{200});
    }
}

TEST_CASE("the longest login there may be is read and judged, a longer one closed without a verdict",
          "[device][AUTH-08]") {
    Desk desk;
    Bytes longest_login;
    wire::append_frame(longest_login, Command::login, 1, std::string(wire::k_body_bytes_before_login, 'x'));
    for (std::size_t at = 1; at < longest_login.size(); ++at) {
        INFO("split at " << at);
        desk.connect();
        desk.feed(split(longest_login, at));
        CHECK(desk.statuses() == std::vector<unsigned>{9});
    }
    Bytes too_long;
    wire::append_frame(too_long, Command::login, 1, std::string(wire::k_body_bytes_before_login + 1, 'x'));
    desk.connect();
    desk.feed({too_long});
    CHECK(desk.wire.is_closed);
    CHECK(desk.wire.answers.empty());
}

TEST_CASE("a frame of the greatest length comes through byte by byte", "[device]") {
    Desk desk;
    desk.log_in();
    std::vector<Bytes> bytes;
    for (std::byte const one : longest(7)) { bytes.push_back(Bytes{one}); }
    desk.feed(bytes);
    CHECK(desk.statuses() == std::vector<unsigned>{200});
    CHECK_FALSE(desk.wire.is_closed);
}

TEST_CASE("a frame of the greatest length comes through split at any byte, with the next one behind it", "[device]") {
    Desk desk;
    desk.log_in();
    Bytes both = longest(7);
    Bytes const second = longest(8);
    both.insert(both.end(), second.begin(), second.end());
    std::size_t const length = second.size();
    // Every byte of the head, of the end and around the size of one read; else every 509th.
    for (std::size_t at = 1; at < both.size(); ++at) {
        std::size_t const inside = at % length;
        bool const is_near = inside < 12 || inside > length - 12;
        if (!is_near && at % 509 != 0) { continue; }
        INFO("split at " << at);
        desk.wire.answers.clear();
        desk.feed(split(both, at));
        CHECK(desk.statuses() == std::vector<unsigned>{200, 200});
        REQUIRE_FALSE(desk.wire.is_closed);
    }
}

TEST_CASE("values stay with whom they were reported for, and go along when that was meant",
          "[device][E13][E21][CLAIM-09][XFER-04]") {
    Desk desk;
    desk.log_in();
    Bytes report;
    wire::append_fields(report, Command::hardware, 2, {"vw", "7", "21.5"});
    desk.feed({report});
    TokenId const token{1};
    Metadata const reported{{"V7", "21.5"}};
    CHECK(desk.edge.values(token, 0) == reported);
    desk.edge.rehome(token, 1, OrganizationId{2}, LiveSessions::Values::go_along);
    CHECK(desk.edge.values(token, 1) == reported);
    CHECK(desk.edge.values(token, 0).empty());
    desk.edge.rehome(token, 2, OrganizationId{3}, LiveSessions::Values::sealed);
    CHECK(desk.edge.values(token, 2).empty());
    // Nor do they come back with the next owner.
    desk.edge.rehome(token, 3, OrganizationId{3}, LiveSessions::Values::go_along);
    CHECK(desk.edge.values(token, 3).empty());
    desk.feed({report});
    CHECK(desk.edge.values(token, 3) == reported);
    desk.edge.kick(token, 4);
    CHECK(desk.wire.is_closed);
    CHECK(desk.edge.values(token, 4).empty());
}

// The device path allocates nothing per message once a device is logged in, and nothing per login once
// the server is warm: real sockets, real store, and an operator new that counts.
#include "server/base/real_loop.h"
#include "server/device/device_edge.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"
#include "tests/benchmark/filled_store.h"
#include "tests/benchmark/plain_logins.h"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> g_allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++g_allocations;
    if (void* const made = std::malloc(size)) { return made; }
    throw std::bad_alloc();
}
// Catch2 allocates by this one and frees by the others, so they must be of one kind.
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    ++g_allocations;
    return std::malloc(size);
}
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }

namespace {

using namespace drydock;

constexpr int k_warm_exchanges = 50;
constexpr int k_counted_exchanges = 1000;

// Logs in, then sends a report and a ping for every answer to a ping.
class Client {
public:
    Client(RealLoop& real, StreamPtr stream) : real_(real), stream_(std::move(stream)) {
        wire::append_frame(login_, wire::Command::login, 1, bench::token_number(0).reveal());
        wire::append_fields(exchange_, wire::Command::hardware, 2, {"vw", "4", "21.5"});
        wire::append_frame(exchange_, wire::Command::ping, 3, {});
        REQUIRE(stream_->write_some(login_));
        stream_->wait_readable(on_ready<&Client::on_readable>(*this));
    }

    [[nodiscard]] std::uint64_t counted() const { return after_ - before_; }
    [[nodiscard]] int exchanges() const { return exchanges_; }

private:
    void on_readable() {
        std::array<std::byte, 256> chunk{};
        auto const got = stream_->read_some(chunk);
        if (got || is_would_block(got.error())) { stream_->wait_readable(on_ready<&Client::on_readable>(*this)); }
        if (!got) { return; }
        if (exchanges_ == k_warm_exchanges) { before_ = g_allocations; }
        if (exchanges_ == k_warm_exchanges + k_counted_exchanges) {
            after_ = g_allocations;
            return real_.reactor().stop();
        }
        ++exchanges_;
        static_cast<void>(stream_->write_some(exchange_));
    }

    RealLoop& real_;
    StreamPtr stream_;
    Bytes login_;
    Bytes exchange_;
    int exchanges_ = 0;
    std::uint64_t before_ = 0;
    std::uint64_t after_ = 0;
};

}  // namespace

TEST_CASE("a device that is logged in costs no allocation per message", "[device]") {
    RealLoop real;
    Vault const vault(std::array<std::byte, 32>{std::byte{5}});
    auto const store = SqliteStore::open(real.loop(), ":memory:", SqliteStore::Commits::inline_);
    bench::fill(*store, vault, real.loop().entropy, 1, [&real](bool const& is_done) {
        while (!is_done) {
            real.reactor().restart();
            real.reactor().run_one();
        }
    });
    real.reactor().restart();
    EventLog events(real.loop().clock);
    events.keep_none();
    TcpNetwork network(real);
    DeviceEdge edge(real.loop(), *store, vault, events);
    auto listener = network.listen({"127.0.0.1", 0});
    REQUIRE(listener);
    (*listener)->start([&edge](StreamPtr stream, Arrival) { edge.accept(std::move(stream), {}); });
    std::unique_ptr<Client> client;
    network.connect((*listener)->address(), [&](result<StreamPtr> connected) {
        REQUIRE(connected);
        client = std::make_unique<Client>(real, std::move(*connected));
    });

    real.reactor().run();

    REQUIRE(client);
    CHECK(client->exchanges() == k_warm_exchanges + k_counted_exchanges);
    CHECK(client->counted() == 0);
}

TEST_CASE("a known device that connects, logs in and closes costs no allocation", "[device]") {
#ifdef DRYDOCK_NO_SPARE_BLOCKS
    constexpr std::uint64_t k_blocks_per_login = 3;  // stream, connection and presence
#else
    constexpr std::uint64_t k_blocks_per_login = 0;
#endif
    constexpr std::uint64_t k_at_once = 16;
    constexpr std::uint64_t k_rounds = 50;
    bench::PlainLogins logins(k_at_once);
    for (int warm = 0; warm < 3; ++warm) { logins.round(); }
    std::uint64_t const before = g_allocations;

    for (std::uint64_t round = 0; round < k_rounds; ++round) { logins.round(); }

    CHECK(g_allocations - before == k_rounds * k_at_once * k_blocks_per_login);
}

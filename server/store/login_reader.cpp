#include "server/store/login_reader.h"

#include "server/store/packing.h"

#include <array>
#include <future>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace drydock {

namespace {

struct Ids {
    std::uint64_t first = 0;
    std::uint64_t last = std::numeric_limits<std::int64_t>::max();
};

// Two threads at most fill the index, each mostly another part of it.
class Filling {
public:
    explicit Filling(LoginIndex& index) : index_(index) {}

    void set(TokenDigest const& auth_digest, LoginEntry const& entry) {
        std::lock_guard const lock(parts_[LoginIndex::place_of(auth_digest)]);
        index_.set(auth_digest, entry);
    }

private:
    LoginIndex& index_;
    std::array<std::mutex, LoginIndex::k_parts> parts_;
};

[[noreturn]] void give_up(sqlite::Connection const& connection) {
    throw std::runtime_error("the store cannot be read: " + connection.message());
}

std::uint64_t ask_number(sqlite::Connection& connection, char const* sql) {
    sqlite::Statement ask(connection, sql);
    if (ask.step()) { return ask.number(0); }
    give_up(connection);
}

void read(sqlite::Connection& connection, Ids ids, Filling& into) {
    sqlite::Statement ask(connection,
                          "SELECT auth_digest, id, epoch, state, holder, origin FROM tokens WHERE id BETWEEN ? AND ?");
    ask.bind(ids.first).bind(ids.last);
    while (ask.step()) {
        LoginEntry entry{TokenId{ask.number(1)}, ask.number(2), static_cast<TokenState>(ask.number(3)), {}};
        entry.place = OrganizationId{ask.number(4) != 0 ? ask.number(4) : ask.number(5)};
        into.set(packing::digest_from(ask.view(0)), entry);
    }
    if (ask.failed()) { give_up(connection); }
}

}  // namespace

void read_logins(sqlite::Connection& connection, std::string const& file, LoginIndex& into, std::uint64_t worth_two) {
    std::uint64_t const count = ask_number(connection, "SELECT count(*) FROM tokens");
    into.reserve(count);
    Filling filling(into);
    Ids all;
    if (count == 0 || count < worth_two || std::thread::hardware_concurrency() < 2) {
        return read(connection, all, filling);
    }
    std::uint64_t const first = ask_number(connection, "SELECT min(id) FROM tokens");
    std::uint64_t const last = ask_number(connection, "SELECT max(id) FROM tokens");
    std::uint64_t const middle = first + (last - first) / 2;
    auto const read_upper_half = [&] {
        sqlite::Connection second(file, sqlite::Connection::Mode::read_only);
        read(second, {middle + 1, all.last}, filling);
    };
    // tidy: thread because no loop runs before the store is open; it ends before this function does
    auto upper_half = std::async(std::launch::async, read_upper_half);
    read(connection, {all.first, middle}, filling);
    upper_half.get();
}

}  // namespace drydock

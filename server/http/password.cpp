#include "server/http/password.h"

#include "server/domain/cloud_errc.h"
#include "server/http/offloaded.h"

#include <argon2.h>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <vector>

namespace drydock {

namespace {

constexpr std::size_t k_salt_bytes = 16;
constexpr std::size_t k_hash_bytes = 32;

// An ordinary function, so that no capturing lambda lives inside a coroutine (g++ 12).
auto async_offload(Loop& loop, std::function<void()> work) {
    auto start = [&loop, work = std::move(work)](auto handler) mutable {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        bool const is_taken = loop.offload.run(std::move(work), [shared] { (*shared)(true); });
        if (!is_taken) {
            boost::asio::post(loop.executor, [shared] { (*shared)(false); });
        }
    };
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void(bool)>(start,
                                                                                         boost::asio::use_awaitable);
}

struct Hashing {
    Secret password;
    PasswordCost cost;
    std::array<std::byte, k_salt_bytes> salt{};
    std::string encoded;
    bool is_done = false;
};

void hash(Hashing& job) {
    std::vector<char> out(
        argon2_encodedlen(job.cost.passes, job.cost.memory_kib, job.cost.lanes, k_salt_bytes, k_hash_bytes, Argon2_id));
    std::string const& text = job.password.reveal();
    job.is_done =
        argon2id_hash_encoded(job.cost.passes, job.cost.memory_kib, job.cost.lanes, text.data(), text.size(),
                              job.salt.data(), job.salt.size(), k_hash_bytes, out.data(), out.size()) == ARGON2_OK;
    if (job.is_done) { job.encoded = out.data(); }
}

}  // namespace

boost::asio::awaitable<bool> offloaded(Loop& loop, std::function<void()> work) {
    bool const is_done = co_await async_offload(loop, std::move(work));
    co_return is_done;
}

boost::asio::awaitable<result<std::string>> hash_password(Loop& loop, Secret password, PasswordCost cost) {
    auto job = std::make_shared<Hashing>();
    job->password = std::move(password);
    job->cost = cost;
    loop.entropy.fill(job->salt);
    std::function<void()> work = [job] { hash(*job); };
    bool const is_taken = co_await offloaded(loop, std::move(work));
    if (!is_taken || !job->is_done) { co_return fail(cloud_errc::unavailable); }
    co_return job->encoded;
}

boost::asio::awaitable<result<Truth>> verify_password(Loop& loop, Secret password, std::string encoded) {
    auto fits = std::make_shared<bool>(false);
    std::function<void()> work = [fits, password = std::move(password), encoded = std::move(encoded)] {
        std::string const& text = password.reveal();
        *fits = argon2id_verify(encoded.c_str(), text.data(), text.size()) == ARGON2_OK;
    };
    bool const is_taken = co_await offloaded(loop, std::move(work));
    if (!is_taken) { co_return fail(cloud_errc::unavailable); }
    co_return *fits ? Truth::yes : Truth::no;
}

}  // namespace drydock

#include "server/base/spawn.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>

namespace drydock {

namespace {

void report(char const* name, std::exception_ptr failure) {
    if (!failure) { return; }
    try {
        std::rethrow_exception(failure);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "drydock: an exception escaped from \"%s\": %s\n", name, e.what());
    } catch (...) { std::fprintf(stderr, "drydock: an unknown exception escaped from \"%s\"\n", name); }
    std::abort();
}

// An ordinary function, so that no capturing lambda lives inside a coroutine (g++ 12).
auto async_sleep(Clock& clock, TimePoint when) {
    auto start = [&clock, when](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        clock.call_at(when, [shared] { (*shared)(); });
    };
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(start, boost::asio::use_awaitable);
}

}  // namespace

void spawn(boost::asio::any_io_executor executor, char const* name, boost::asio::awaitable<void> coroutine) {
    boost::asio::co_spawn(executor, std::move(coroutine),
                          [name](std::exception_ptr failure) { report(name, failure); });
}

boost::asio::awaitable<void> sleep_until(Clock& clock, TimePoint when) { return async_sleep(clock, when); }

}  // namespace drydock

#include "server/base/entropy.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace drydock {

namespace {

// Random bytes fetched ahead: a nonce of 12 bytes would cost OpenSSL's generator as much as a kilobyte.
// Each thread has its own; what was given out is wiped.
class Pool {
public:
    Pool() = default;
    ~Pool() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    Pool(Pool const&) = delete;
    Pool& operator=(Pool const&) = delete;

    void take(std::span<std::byte> out) {
        if (left_ < out.size()) {
            fetch(bytes_);
            left_ = bytes_.size();
        }
        std::span<std::byte> const given = std::span(bytes_).subspan(bytes_.size() - left_, out.size());
        std::copy(given.begin(), given.end(), out.begin());
        OPENSSL_cleanse(given.data(), given.size());
        left_ -= given.size();
    }
    static void fetch(std::span<std::byte> out) {
        if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
            throw std::runtime_error("the system gives no random bytes (RAND_priv_bytes failed)");
        }
    }
    static constexpr std::size_t k_bytes = 1024;

private:
    std::array<std::byte, k_bytes> bytes_{};
    std::size_t left_ = 0;
};

}  // namespace

void SystemEntropy::fill(std::span<std::byte> out) {
    thread_local Pool pool;
    if (out.size() > Pool::k_bytes) {
        Pool::fetch(out);
    } else {
        pool.take(out);
    }
}

void SeededEntropy::fill(std::span<std::byte> out) {
    for (std::byte& b : out) { b = static_cast<std::byte>(random_.next() >> 56U); }
}

}  // namespace drydock

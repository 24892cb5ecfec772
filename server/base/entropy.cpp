#include "server/base/entropy.h"

#include <openssl/rand.h>

#include <stdexcept>

namespace drydock {

void SystemEntropy::fill(std::span<std::byte> out) {
    if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
        throw std::runtime_error("the system gives no random bytes (RAND_priv_bytes failed)");
    }
}

void SeededEntropy::fill(std::span<std::byte> out) {
    for (std::byte& b : out) { b = static_cast<std::byte>(random_.next() >> 56U); }
}

}  // namespace drydock

// The seam of chance that must not be guessed: tokens, sessions, nonces.
// SystemEntropy asks OpenSSL's private generator; SeededEntropy serves virtual time.
#pragma once

#include "server/base/random.h"

#include <cstddef>
#include <span>

namespace drydock {

class Entropy {
public:
    Entropy() = default;
    Entropy(Entropy const&) = delete;
    Entropy& operator=(Entropy const&) = delete;
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::byte> out) = 0;
};

// Throws std::runtime_error when the system has no random bytes to give.
class SystemEntropy final : public Entropy {
public:
    void fill(std::span<std::byte> out) override;
};

// The same bytes for the same seed, on every compiler and machine. Never behind a real socket.
class SeededEntropy final : public Entropy {
public:
    explicit SeededEntropy(Random random) : random_(random) {}
    void fill(std::span<std::byte> out) override;

private:
    Random random_;
};

}  // namespace drydock

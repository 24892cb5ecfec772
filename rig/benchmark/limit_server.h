// The limit of the hardware: the smallest server that speaks the frames of a login. It answers
// every frame with status 200 and checks nothing, so nothing that checks can be much faster. Its
// TLS door is OpenSSL as it comes, without any setting of ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace drydock::rig {

struct LimitServerOptions {
    std::filesystem::path certificate;  // empty: no TLS door
    std::filesystem::path key;
    // Hears the free loopback ports it found; `secure` is 0 without a TLS door.
    std::function<void(std::uint16_t plain, std::uint16_t secure)> on_listening;
};

// Serves until the process that started it ends. Gives an exit code.
[[nodiscard]] int run_limit_server(LimitServerOptions const& options);

}  // namespace drydock::rig

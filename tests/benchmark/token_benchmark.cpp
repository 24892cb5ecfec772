// Static tokens: minting, the keyed hash a login is found by, the sealed value, the picture.
#include "server/base/entropy.h"
#include "server/token/qr_png.h"
#include "server/token/token.h"
#include "server/token/vault.h"

#include <benchmark/benchmark.h>

namespace {

using namespace drydock;

Vault const& vault() {
    static Vault const made(std::array<std::byte, 32>{std::byte{7}});
    return made;
}

void mint_static_token(benchmark::State& state) {
    SystemEntropy entropy;
    for (auto _ : state) {
        benchmark::DoNotOptimize(mint_auth_token(entropy));
        benchmark::DoNotOptimize(mint_qr_token(entropy));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mint_static_token);

void mint_and_seal_static_token(benchmark::State& state) {
    SystemEntropy entropy;
    for (auto _ : state) {
        for (Secret const& half : {mint_auth_token(entropy), mint_qr_token(entropy)}) {
            TokenDigest const digest = vault().digest(half.reveal());
            benchmark::DoNotOptimize(vault().seal(half, digest, entropy));
        }
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mint_and_seal_static_token);

void digest_of_auth_token(benchmark::State& state) {
    SystemEntropy entropy;
    Secret const token = mint_auth_token(entropy);
    for (auto _ : state) { benchmark::DoNotOptimize(vault().digest(token.reveal())); }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(digest_of_auth_token);

void qr_picture(benchmark::State& state) {
    SystemEntropy entropy;
    std::string const text = qr_text(mint_qr_token(entropy), 4711);
    for (auto _ : state) { benchmark::DoNotOptimize(qr_png(text)); }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(qr_picture);

}  // namespace

// The store: the look-up a login needs, and a first connect made durable.
#include "server/base/real_loop.h"
#include "server/store/sqlite_store.h"

#include <benchmark/benchmark.h>
#include <cstring>
#include <stdexcept>

namespace {

using namespace drydock;

TokenDigest digest_of(std::uint64_t number, std::byte half) {
    TokenDigest digest;
    std::uint64_t const spread = number * 0x9E3779B97F4A7C15ULL;
    std::memcpy(digest.bytes.data(), &spread, sizeof spread);
    std::memcpy(digest.bytes.data() + 8, &number, sizeof number);
    digest.bytes[31] = half;
    return digest;
}

struct Filled {
    explicit Filled(std::uint64_t tokens)
        : store(SqliteStore::open(real.loop(), ":memory:", SqliteStore::Commits::inline_)) {
        Change ground;
        ground.writes.emplace_back(NewOrganization{OrganizationId{}, "maker", Plan::business});
        ground.writes.emplace_back(NewTemplate{OrganizationId{1}, "box", "TMPLx", {}});
        commit(std::move(ground));
        for (std::uint64_t made = 0; made < tokens;) {
            NewBatch batch;
            batch.origin = OrganizationId{1};
            batch.template_id = TemplateId{1};
            for (; made < tokens && batch.tokens.size() < 10'000; ++made) {
                NewToken token;
                token.auth_digest = digest_of(made, std::byte{1});
                token.qr_digest = digest_of(made, std::byte{2});
                token.auth_sealed = Bytes(60);
                token.qr_sealed = Bytes(64);
                batch.tokens.push_back(std::move(token));
            }
            Change change;
            change.writes.emplace_back(std::move(batch));
            commit(std::move(change));
        }
    }

    void commit(Change change) {
        bool is_done = false;
        store->commit(std::move(change), [&is_done](result<Receipt> const& done) {
            if (!done) { throw std::runtime_error("the benchmark's store refuses: " + done.error().message()); }
            is_done = true;
        });
        while (!is_done) {
            real.reactor().restart();
            real.reactor().run_one();
        }
    }

    RealLoop real;
    std::unique_ptr<SqliteStore> store;
};

void look_token_up(benchmark::State& state) {
    auto const tokens = static_cast<std::uint64_t>(state.range(0));
    Filled filled(tokens);
    std::uint64_t number = 0;
    for (auto _ : state) {
        number = (number + 7919) % tokens;
        benchmark::DoNotOptimize(filled.store->find_login(digest_of(number, std::byte{1})));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(look_token_up)->Arg(10)->Arg(100'000);

void mint_ten_thousand(benchmark::State& state) {
    for (auto _ : state) { Filled const filled(10'000); }
    state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(mint_ten_thousand)->Unit(benchmark::kMillisecond);

}  // namespace

// A store with one maker, one template and tokens that both ends of a benchmark can name by number.
#pragma once

#include "server/base/entropy.h"
#include "server/base/random.h"
#include "server/domain/store.h"
#include "server/token/token.h"
#include "server/token/vault.h"

#include <algorithm>
#include <functional>
#include <string>

namespace drydock::bench {

// The same AuthToken for the same number, in every process.
[[nodiscard]] inline Secret token_number(std::uint64_t number) {
    SeededEntropy entropy(Random(Seed{number + 1}));
    return mint_auth_token(entropy);
}

inline constexpr std::uint64_t k_batch_tokens = 10'000;

// `run` drives the loop of the store until its argument is true.
inline void fill(Store& store, Vault const& vault, Entropy& entropy, std::uint64_t count,
                 std::function<void(bool const&)> const& run) {
    auto const commit = [&store, &run](Change change) {
        bool is_done = false;
        store.commit(std::move(change), [&is_done](result<Receipt> const& done) { is_done = done.has_value(); });
        run(is_done);
    };
    Change first;
    first.writes.emplace_back(NewOrganization{OrganizationId{}, "maker", Plan::business});
    first.writes.emplace_back(NewTemplate{OrganizationId{1}, "box", "TMPLx", {}});
    commit(std::move(first));
    for (std::uint64_t begin = 0; begin < count; begin += k_batch_tokens) {
        NewBatch batch;
        batch.origin = OrganizationId{1};
        batch.template_id = TemplateId{1};
        for (std::uint64_t number = begin; number < std::min(begin + k_batch_tokens, count); ++number) {
            Secret const auth = token_number(number);
            Secret const qr = mint_qr_token(entropy);
            NewToken token;
            token.auth_digest = vault.digest(auth.reveal());
            token.auth_sealed = vault.seal(auth, token.auth_digest, entropy);
            token.qr_digest = vault.digest(qr.reveal());
            token.qr_sealed = vault.seal(qr, token.qr_digest, entropy);
            batch.tokens.push_back(std::move(token));
        }
        Change change;
        change.writes.emplace_back(std::move(batch));
        commit(std::move(change));
    }
}

}  // namespace drydock::bench

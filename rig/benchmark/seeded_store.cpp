#include "rig/benchmark/seeded_store.h"

#include "rig/bench/bench.h"
#include "server/base/check.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/domain/lifecycle.h"
#include "server/http/bootstrap.h"
#include "server/http/http_server.h"
#include "server/store/sqlite_store.h"

#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace drydock::rig {

namespace {

constexpr std::uint64_t k_batch = 10'000;
constexpr std::size_t k_batches_queued_max = 20;

boost::asio::awaitable<void> make_root(Loop& loop, Store& store, Secret password, std::optional<result<void>>& made) {
    made.emplace(co_await ensure_root(loop, store, std::move(password), HttpOptions().password_cost));
}

NewToken token(Vault const& vault, Entropy& entropy, std::uint64_t seed, std::uint64_t number) {
    Secret const auth = seeded_token(seed, number);
    Secret const qr = seeded_qr_token(seed, number);
    NewToken token;
    token.auth_digest = vault.digest(auth.reveal());
    token.auth_sealed = vault.seal(auth, token.auth_digest, entropy);
    token.qr_digest = vault.digest(qr.reveal());
    token.qr_sealed = vault.seal(qr, token.qr_digest, entropy);
    return token;
}

class Filling {
public:
    explicit Filling(std::filesystem::path const& data)
        : vault_(Vault::open(data / "vault.key", real_.loop().entropy)),
          store_(SqliteStore::open(real_.loop(), data / "drydock.sqlite", SqliteStore::Commits::writer_thread)) {}

    void root(Secret const& password) {
        std::optional<result<void>> made;
        spawn(real_.loop().executor, "seeded store", make_root(real_.loop(), *store_, password, made));
        run([&made] { return made.has_value(); });
        if (!*made) { throw InfrastructureError("the store cannot be filled: " + made->error().message()); }
    }

    std::pair<OrganizationId, TemplateId> tenant(std::string const& name, std::string const& administrator) {
        Change ground;
        ground.writes.emplace_back(NewOrganization{k_root_organization, name, Plan::business});
        OrganizationId const made{commit(std::move(ground)).ids.at(0)};
        Change more;
        more.writes.emplace_back(NewTemplate{made, "box", "TMPL" + name, {}});
        more.writes.emplace_back(NewUser{made, administrator, name, Role::admin, password_hash()});
        return {made, TemplateId{commit(std::move(more)).ids.at(0)}};
    }

    // Queues the change, so that the store commits several batches as one; `then` hears its receipt.
    // Waits while too many are queued, since each holds megabytes.
    void queue(Change change, std::function<void(Receipt const&)> then) {
        run([this] { return queued_ < k_batches_queued_max; });
        ++queued_;
        store_->commit(std::move(change), [this, then = std::move(then)](result<Receipt> const& done) {
            --queued_;
            if (!done) { throw InfrastructureError("the store cannot be filled: " + done.error().message()); }
            then(*done);
        });
    }
    void wait_for_all() {
        run([this] { return queued_ == 0; });
    }

    Receipt commit(Change change) {
        std::optional<result<Receipt>> outcome;
        store_->commit(std::move(change), [&outcome](result<Receipt> done) { outcome.emplace(std::move(done)); });
        run([&outcome] { return outcome.has_value(); });
        if (!*outcome) { throw InfrastructureError("the store cannot be filled: " + outcome->error().message()); }
        return **outcome;
    }

    // Beside the loop: a busy one would look to the writer as if it served devices, and the writer would rest for
    // them. All is the piece's own, since it goes on when the filling ends by an exception.
    [[nodiscard]] std::vector<NewToken> tokens(std::uint64_t seed, std::uint64_t first, std::uint64_t count) {
        auto made = std::make_shared<std::vector<NewToken>>();
        auto is_done = std::make_shared<bool>(false);
        std::function<void()> work = [made, seed, first, count, vault = vault_, &entropy = real_.loop().entropy] {
            made->reserve(count);
            for (std::uint64_t i = 0; i < count; ++i) { made->push_back(token(vault, entropy, seed, first + i)); }
        };
        DRYDOCK_CHECK(real_.loop().offload.run(std::move(work), [is_done] { *is_done = true; }));
        run([is_done] { return *is_done; });
        return std::move(*made);
    }

    void remove(TokenId id) {
        auto const found = store_->token(id);
        if (!found || !*found) { throw InfrastructureError("a token that was just made cannot be read"); }
        auto const decision = lifecycle::remove(**found, lifecycle::ClaimedIncluded::no);
        if (!decision || !decision->update) { throw InfrastructureError("a fresh token cannot be deleted"); }
        Change change;
        change.writes.emplace_back(*decision->update);
        static_cast<void>(commit(std::move(change)));
    }

    [[nodiscard]] WallTime now() { return real_.loop().clock.wall(); }

private:
    // The root administrator's, for the others': one argon2 is enough.
    [[nodiscard]] std::string password_hash() {
        auto const root = store_->user_by_email("admin@localhost");
        if (!root || !*root) { throw InfrastructureError("the administrator that was just made cannot be read"); }
        return (*root)->password_hash;
    }

    template <class Done>
    void run(Done done) {
        while (!done()) { real_.reactor().run_one(); }
    }

    RealLoop real_;
    // Without work the loop stops; the writer's thread, which may finish the last, can be the one that stops it,
    // after it was begun anew.
    boost::asio::executor_work_guard<boost::asio::any_io_executor> work_{real_.loop().executor};
    Vault vault_;
    std::unique_ptr<SqliteStore> store_;
    std::size_t queued_ = 0;
};

}  // namespace

Secret seeded_token(std::uint64_t seed, std::uint64_t number) {
    SeededEntropy entropy(Random(Seed{seed}).fork(std::to_string(number)));
    return mint_auth_token(entropy);
}

Secret seeded_qr_token(std::uint64_t seed, std::uint64_t number) {
    SeededEntropy entropy(Random(Seed{seed}).fork("qr " + std::to_string(number)));
    return mint_qr_token(entropy);
}

std::string factory_email(std::uint64_t number) { return "factory" + std::to_string(number) + "@localhost"; }

std::vector<TokenId> make_seeded_store(std::filesystem::path const& data, Secret const& setup_password,
                                       SeededStore const& wanted, std::function<void(std::uint64_t)> const& progress) {
    std::filesystem::create_directories(data);
    std::filesystem::permissions(data, std::filesystem::perms::owner_all);
    Filling filling(data);
    filling.root(setup_password);
    for (std::uint64_t i = 0; i < k_factories; ++i) { filling.tenant("factory" + std::to_string(i), factory_email(i)); }
    auto const [maker, model] = filling.tenant("maker", k_maker_email);
    std::vector<TokenId> ids(wanted.tokens);
    for (std::uint64_t made = 0; made < wanted.tokens;) {
        std::uint64_t const count = std::min<std::uint64_t>(k_batch, wanted.tokens - made);
        NewBatch batch;
        batch.origin = maker;
        batch.template_id = model;
        batch.created = filling.now();
        batch.tokens = filling.tokens(wanted.seed, made, count);
        made += count;
        Change change;
        change.writes.emplace_back(std::move(batch));
        filling.queue(std::move(change), [&ids, &progress, made](Receipt const& receipt) {
            // The receipt names the batch first, then its tokens.
            std::size_t const first = made - (receipt.ids.size() - 1);
            for (std::size_t i = 1; i < receipt.ids.size(); ++i) { ids.at(first + i - 1) = TokenId{receipt.ids[i]}; }
            progress(made);
        });
    }
    filling.wait_for_all();
    for (std::uint64_t number = wanted.tokens - wanted.deleted; number < wanted.tokens; ++number) {
        filling.remove(ids.at(number));
    }
    return ids;
}

}  // namespace drydock::rig

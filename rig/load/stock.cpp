#include "rig/load/stock.h"

#include "rig/bench/bench.h"
#include "rig/benchmark/seeded_store.h"
#include "server/base/spawn.h"
#include "server/domain/lifecycle.h"
#include "server/http/bootstrap.h"
#include "server/http/password.h"
#include "sim/fleet/cast.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::uint64_t k_batch = 10'000;
constexpr PasswordCost k_cheap{8, 1, 1};
// Who owns what was claimed before the run: so many share it.
constexpr std::size_t k_owners = 100;

boost::asio::awaitable<void> make_root(Loop& loop, Store& store, Secret password, std::optional<result<void>>& made) {
    made.emplace(co_await ensure_root(loop, store, std::move(password), k_cheap));
}

boost::asio::awaitable<void> hash(Loop& loop, Secret password, std::optional<result<std::string>>& made) {
    made.emplace(co_await hash_password(loop, std::move(password), k_cheap));
}

template <std::size_t Size>
void copy_into(std::array<char, Size>& to, std::string const& text) {
    std::copy_n(text.begin(), std::min(Size, text.size()), to.begin());
}

class Filling {
public:
    Filling(load::LoadPlan const& plan, StockOrder& order) : plan_(plan), order_(order), cast_(plan) {}

    Stock fill() {
        people();
        stock_.items.resize(cast_.devices());
        std::size_t owners = std::min(stock_.customers.size(), k_owners);
        std::uint64_t claimed = 0;
        for (std::uint64_t first = 0; first < cast_.devices(); first += k_batch) {
            std::uint64_t const end = std::min(first + k_batch, cast_.devices());
            mint(first, end);
            Change change;
            for (std::uint64_t i = first; i < end; ++i) {
                load::Role const role = cast_.role_of(i);
                if (role.token_of) { continue; }
                if (role.fate == load::TokenFate::deleted) { remove(i, change); }
                bool const is_claimed = role.is_preclaimed && role.fate == load::TokenFate::live;
                if (is_claimed) { claim(i, static_cast<std::uint32_t>(claimed++ % owners), change); }
            }
            if (!change.writes.empty()) { static_cast<void>(commit(std::move(change))); }
            if (order_.on_progress) { order_.on_progress(end); }
        }
        copies();
        return std::move(stock_);
    }

private:
    void people() {
        std::optional<result<void>> root;
        spawn(order_.loop.executor, "stock", make_root(order_.loop, order_.store, order_.password, root));
        order_.run([&root] { return root.has_value(); });
        if (!*root) { refuse(root->error()); }
        std::optional<result<std::string>> hashed;
        spawn(order_.loop.executor, "stock", hash(order_.loop, order_.password, hashed));
        order_.run([&hashed] { return hashed.has_value(); });
        if (!*hashed) { refuse(hashed->error()); }
        password_hash_ = **hashed;
        stock_.password = order_.password;
        stock_.maker = k_maker_email;
        maker_ = OrganizationId{one(NewOrganization{k_root_organization, "maker", Plan::business})};
        stock_.model = one(NewTemplate{maker_, "box", "TMPLload", {}});
        static_cast<void>(one(NewUser{maker_, stock_.maker, "maker", Role::admin, password_hash_}));
        customers();
    }

    // One organization for each, so that a device in a wrong place can be seen.
    void customers() {
        std::size_t const wanted = customers_of(plan_);
        for (std::size_t first = 0; first < wanted; first += k_batch) {
            std::size_t const end = std::min(first + k_batch, wanted);
            Change organizations;
            for (std::size_t i = first; i < end; ++i) {
                organizations.writes.emplace_back(
                    NewOrganization{maker_, "customer " + std::to_string(i), Plan::business});
            }
            Receipt const made = commit(std::move(organizations));
            Change users;
            for (std::size_t i = first; i < end; ++i) {
                Customer customer{"customer" + std::to_string(i) + "@localhost", made.ids.at(i - first)};
                users.writes.emplace_back(NewUser{OrganizationId{customer.organization}, customer.email, "customer",
                                                  Role::admin, password_hash_});
                stock_.customers.push_back(std::move(customer));
            }
            Receipt const ids = commit(std::move(users));
            for (std::uint64_t const id : ids.ids) { users_.push_back(UserId{id}); }
        }
    }

    void mint(std::uint64_t first, std::uint64_t end) {
        Entropy& entropy = order_.loop.entropy;
        NewBatch batch;
        batch.origin = maker_;
        batch.template_id = TemplateId{stock_.model};
        batch.created = order_.loop.clock.wall();
        std::vector<std::uint64_t> minted;
        for (std::uint64_t i = first; i < end; ++i) {
            load::Role const role = cast_.role_of(i);
            if (role.token_of) { continue; }
            StockItem& item = stock_.items[i];
            Secret const auth = seeded_token(plan_.seed, i);
            Secret const qr = seeded_qr_token(plan_.seed, i);
            copy_into(item.token, auth.reveal());
            copy_into(item.qr, qr.reveal());
            if (role.fate == load::TokenFate::unknown) { continue; }
            NewToken token;
            token.auth_digest = order_.vault.digest(auth.reveal());
            token.auth_sealed = order_.vault.seal(auth, token.auth_digest, entropy);
            token.qr_digest = order_.vault.digest(qr.reveal());
            token.qr_sealed = order_.vault.seal(qr, token.qr_digest, entropy);
            copy_into(item.printed, Vault::printed(token.auth_digest));
            batch.tokens.push_back(std::move(token));
            minted.push_back(i);
        }
        if (minted.empty()) { return; }
        Change change;
        change.writes.emplace_back(std::move(batch));
        Receipt const receipt = commit(std::move(change));  // the batch's id first, then its tokens'
        for (std::size_t i = 0; i < minted.size(); ++i) { stock_.items[minted[i]].id = receipt.ids.at(i + 1); }
    }

    [[nodiscard]] Token token_of(std::uint64_t device) {
        auto const found = order_.store.token(TokenId{stock_.items[device].id});
        if (!found) { refuse(found.error()); }
        if (!*found) { throw InfrastructureError("a token that was just made cannot be read"); }
        return **found;
    }

    void claim(std::uint64_t device, std::uint32_t customer, Change& change) {
        OrganizationId const organization{stock_.customers[customer].organization};
        apply(lifecycle::claim(token_of(device), Claimer{users_[customer], organization}), change);
        stock_.items[device].owner = customer;
    }

    void remove(std::uint64_t device, Change& change) {
        apply(lifecycle::remove(token_of(device), lifecycle::ClaimedIncluded::no), change);
    }

    static void apply(result<Decision> const& decision, Change& change) {
        if (!decision) { refuse(decision.error()); }
        if (decision->update) { change.writes.emplace_back(*decision->update); }
    }

    // Cloned devices carry what those they copy carry.
    void copies() {
        for (std::uint64_t i = 0; i < cast_.devices(); ++i) {
            if (auto const original = cast_.role_of(i).token_of) { stock_.items[i] = stock_.items[*original]; }
        }
    }

    template <class Write>
    std::uint64_t one(Write write) {
        Change change;
        change.writes.emplace_back(std::move(write));
        return commit(std::move(change)).ids.at(0);
    }

    Receipt commit(Change change) {
        std::optional<result<Receipt>> outcome;
        order_.store.commit(std::move(change), [&outcome](result<Receipt> done) { outcome.emplace(std::move(done)); });
        order_.run([&outcome] { return outcome.has_value(); });
        if (!*outcome) { refuse(outcome->error()); }
        return **outcome;
    }

    [[noreturn]] static void refuse(error_code const& why) {
        throw InfrastructureError("the store cannot be filled: " + why.message());
    }

    load::LoadPlan const& plan_;
    StockOrder& order_;
    load::Cast cast_;
    Stock stock_;
    OrganizationId maker_;
    std::vector<UserId> users_;
    std::string password_hash_;
};

}  // namespace

std::size_t customers_of(load::LoadPlan const& plan) {
    std::size_t wanted = 0;
    for (load::Happening const& one : plan.happenings) {
        if (one.kind == load::Happening::Kind::claim_burst) { wanted = std::max<std::size_t>(wanted, one.users); }
    }
    for (load::Population const& one : plan.populations) {
        if (one.preclaimed_millionths != 0) { wanted = std::max(wanted, k_owners); }
    }
    return wanted;
}

Stock fill_store(load::LoadPlan const& plan, StockOrder order) { return Filling(plan, order).fill(); }

std::vector<load::TokenText> tokens_of(Stock const& stock, load::Shard shard) {
    std::vector<load::TokenText> tokens;
    tokens.reserve(stock.items.size() / shard.of + 1);
    for (std::uint64_t i = shard.index; i < stock.items.size(); i += shard.of) {
        tokens.push_back(stock.items[i].token);
    }
    return tokens;
}

}  // namespace drydock::rig

#include "rig/benchmark/minting.h"

#include "rig/benchmark/seeded_store.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/net/tcp.h"
#include "sim/phone/person.h"

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sched.h>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>

namespace drydock::rig {

namespace {

namespace json = boost::json;

constexpr std::uint64_t k_batch = 10'000;  // what one request may ask for
constexpr std::size_t k_customers = 8;
constexpr int k_infrastructure = 6;

class Trouble {
public:
    explicit Trouble(MintAndClaim const& options) : options_(options), network_(real_), next_box_(options.first_box) {
        std::ifstream file(options.password_file);
        std::getline(file, password_);
        for (std::size_t i = 0; i <= k_customers; ++i) {
            people_.push_back(
                std::make_unique<Person>(real_.loop(), network_, Address{"127.0.0.1", options.port}, nullptr, ""));
        }
    }

    int run() {
        spawn(real_.loop().executor, "minting", mint(*people_.front()));
        while (!is_over_) { real_.reactor().run_one(); }
        return failure_.empty() ? 0 : k_infrastructure;
    }

private:
    void give_up(std::string const& what, Result const& answer) {
        if (!failure_.empty()) { return; }
        failure_ = what + ": " + (answer ? answer->body : answer.error().message());
        options_.print(failure_);
        is_over_ = true;
    }

    [[nodiscard]] static bool is_good(Result const& answer, unsigned status) {
        return answer && answer->status == status;
    }

    boost::asio::awaitable<void> mint(Person& maker) {
        auto const signed_in = co_await maker.sign_in(factory_email(options_.factory), password_);
        if (!is_good(signed_in, 201)) { co_return give_up("sign-in", signed_in); }
        auto const models = co_await maker.call("GET", "/api/v1/templates");
        if (!is_good(models, 200)) { co_return give_up("templates", models); }
        std::uint64_t const model = models->json.at("content").at(0).at("id").to_number<std::uint64_t>();
        options_.print("begun");
        for (std::size_t i = 1; i < people_.size(); ++i) {
            spawn(real_.loop().executor, "customer", claim(*people_[i]));
        }
        json::value const order{{"template", model}, {"count", k_batch}, {"name", "trouble"}};
        while (minted_ < options_.mint && !is_over_) {
            auto const made = co_await maker.call("POST", "/api/v1/tokens", order);
            if (!is_good(made, 201)) { co_return give_up("minting", made); }
            minted_ += k_batch;
            options_.print(std::to_string(minted_) + " " + std::to_string(claimed_));
        }
        is_over_ = true;
    }

    // Until no box is left.
    boost::asio::awaitable<void> claim(Person& customer) {
        auto const signed_in = co_await customer.sign_in(k_maker_email, password_);
        if (!is_good(signed_in, 201)) { co_return give_up("sign-in", signed_in); }
        while (next_box_ < options_.tokens && !is_over_) {
            Secret const code = seeded_qr_token(options_.seed, next_box_++);
            json::value const body{{"code", code.reveal()}};
            auto const answer = co_await customer.call("POST", "/api/v1/claims", body);
            if (!is_good(answer, 200)) { co_return give_up("claim", answer); }
            ++claimed_;
        }
    }

    MintAndClaim const& options_;
    RealLoop real_;
    TcpNetwork network_;
    std::string password_;
    std::vector<std::unique_ptr<Person>> people_;
    std::uint64_t next_box_;
    std::uint64_t minted_ = 0;
    std::uint64_t claimed_ = 0;
    std::string failure_;
    bool is_over_ = false;
};

}  // namespace

int run_mint_and_claim(MintAndClaim const& options) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sched_param const none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    return Trouble(options).run();
}

}  // namespace drydock::rig

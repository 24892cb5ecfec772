#include "rig/load/foreign_tokens.h"

#include "rig/load/api_answers.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/net/tcp.h"
#include "sim/phone/person.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <tuple>

namespace drydock::rig {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint64_t k_batch = 10'000;  // what one request may ask for
constexpr std::size_t k_hands = 16;
constexpr auto k_look = std::chrono::milliseconds(50);

bool is_status(Result const& answer, unsigned status) { return answer && answer->status == status; }

class Minting {
public:
    explicit Minting(MintOrder const& order) : order_(order), network_(real_), tokens_(order.count) {
        for (std::size_t i = 0; i < std::min<std::size_t>(k_hands, std::max<std::size_t>(1, order.count)); ++i) {
            hands_.push_back(std::make_unique<Person>(real_.loop(), network_, order.target.address, order.target.tls,
                                                      order.target.tls_host));
        }
    }

    std::vector<load::TokenText> mint() {
        spawn(real_.loop().executor, "minting", mint_all());
        while (failure_.empty() && read_ < order_.count && !is_interrupted()) {
            real_.reactor().restart();
            real_.reactor().run_one_for(k_look);
        }
        if (!failure_.empty()) { throw InfrastructureError(failure_); }
        return std::move(tokens_);
    }

private:
    [[nodiscard]] bool is_interrupted() const { return order_.is_interrupted != nullptr && *order_.is_interrupted; }

    void fail(std::string_view what, std::string const& why) {
        if (!failure_.empty()) { return; }
        failure_ =
            fmt::format("{} at {}:{} failed: {}", what, order_.target.address.host, order_.target.address.port, why);
    }

    void give_up(std::string_view what, Result const& answer) { fail(what, words_of(answer)); }

    void give_up_on(std::string_view what) {
        fail(what, "the answer is not one of Drydock's API: is this its address?");
    }

    // Whoever lets nobody in may be another server.
    void give_up_signing_in(Result const& answer) {
        std::string const what = "signing in as " + order_.email;
        if (is_status(answer, 401) && answer->json.is_object()) {
            return fail(what, "e-mail or password are not right (" + words_of(answer) + ")");
        }
        bool const is_of_an_api = answer && answer->json.is_object();
        fail(what, words_of(answer) + (is_of_an_api ? "" : ": is this the address of the cloud's API?"));
    }

    awaitable<void> mint_all() {
        Person& first = *hands_.front();
        auto const signed_in = co_await first.sign_in(order_.email, order_.password.reveal());
        if (!is_status(signed_in, 201)) { co_return give_up_signing_in(signed_in); }
        auto const models = co_await first.call("GET", "/api/v1/templates");
        if (!is_status(models, 200)) { co_return give_up("listing the templates", models); }
        auto model = first_template_in(models->json);
        if (!model) { co_return give_up_on("listing the templates"); }
        if (*model == 0) {
            json::value const wanted{{"name", "load run"}};
            auto const made = co_await first.call("POST", "/api/v1/templates", wanted);
            if (!is_status(made, 201)) { co_return give_up("making a template", made); }
            model = id_in(made->json);
            if (!model) { co_return give_up_on("making a template"); }
        }
        while (ids_.size() < order_.count) {
            std::uint64_t const now = std::min<std::uint64_t>(k_batch, order_.count - ids_.size());
            json::value const order{{"template", *model}, {"count", now}, {"name", "load run"}};
            auto const made = co_await first.call("POST", "/api/v1/tokens", order);
            if (!is_status(made, 201)) { co_return give_up("minting tokens", made); }
            auto const ids = minted_in(made->json, now);
            if (!ids) { co_return give_up_on("minting tokens"); }
            ids_.insert(ids_.end(), ids->begin(), ids->end());
        }
        for (auto const& hand : hands_) { spawn(real_.loop().executor, "minting", read(*hand)); }
    }

    awaitable<void> read(Person& hand) {
        auto const signed_in = co_await hand.sign_in(order_.email, order_.password.reveal());
        if (!is_status(signed_in, 201)) { co_return give_up_signing_in(signed_in); }
        while (next_ < ids_.size() && failure_.empty()) {
            std::size_t const number = next_++;
            std::string path = fmt::format("/api/v1/tokens/{}/secret", ids_[number]);
            auto const answer = co_await hand.call("GET", std::move(path));
            if (!is_status(answer, 200)) { co_return give_up("reading a token", answer); }
            auto const token = auth_token_in(answer->json);
            if (!token) { co_return give_up_on("reading a token"); }
            tokens_[number] = *token;
            if (++read_ % 100 == 0 && order_.on_progress) { order_.on_progress(read_); }
        }
    }

    MintOrder const& order_;
    RealLoop real_;
    TcpNetwork network_;
    std::vector<load::TokenText> tokens_;
    std::vector<std::unique_ptr<Person>> hands_;
    std::vector<std::uint64_t> ids_;
    std::size_t next_ = 0;
    std::uint64_t read_ = 0;
    std::string failure_;
};

struct NumberedToken {
    load::TokenText text{};
    std::uint64_t line = 0;
};

void must_differ(std::vector<NumberedToken> tokens, std::filesystem::path const& file) {
    auto const key = [](NumberedToken const& one) { return std::tie(one.text, one.line); };
    std::ranges::sort(tokens, {}, key);
    auto const first = std::ranges::adjacent_find(tokens, {}, &NumberedToken::text);
    if (first == tokens.end()) { return; }
    throw std::invalid_argument(
        fmt::format("{}:{}: this AuthToken stands in line {} already: two devices would throw each other out",
                    file.string(), std::next(first)->line, first->line));
}

}  // namespace

std::vector<load::TokenText> tokens_from_file(std::filesystem::path const& file, std::uint64_t devices,
                                              load::Shard shard) {
    std::error_code ignored;  // what is not there cannot be read either
    if (std::filesystem::is_directory(file, ignored)) {
        throw std::invalid_argument("--tokens takes a file with an AuthToken a line, and " + file.string() +
                                    " is a folder");
    }
    std::ifstream in(file);
    if (!in) { throw std::invalid_argument("cannot read the tokens' file " + file.string()); }
    std::vector<load::TokenText> tokens;
    std::vector<NumberedToken> all;
    std::uint64_t number = 0;
    for (std::string line; number < devices && std::getline(in, line); ++number) {
        if (!line.empty() && line.back() == '\r') { line.pop_back(); }
        if (!is_auth_token_text(line)) {
            throw std::invalid_argument(fmt::format(
                "{}:{}: this is no AuthToken: a line holds one, 32 letters, digits, '-' and '_', and nothing else",
                file.string(), number + 1));
        }
        NumberedToken& token = all.emplace_back();
        token.line = number + 1;
        std::copy(line.begin(), line.end(), token.text.begin());
        if (number % shard.of == shard.index) { tokens.push_back(token.text); }
    }
    if (number < devices) {
        throw std::invalid_argument(
            fmt::format("{} holds {} tokens, and {} devices need one each", file.string(), number, devices));
    }
    must_differ(std::move(all), file);
    return tokens;
}

std::vector<load::TokenText> mint_tokens(MintOrder const& order) { return Minting(order).mint(); }

}  // namespace drydock::rig

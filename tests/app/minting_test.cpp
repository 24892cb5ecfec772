// Where work that takes long is done.
#include "tests/support/small_cloud.h"

#include <boost/json.hpp>

using namespace drydock;

namespace {

namespace json = boost::json;

// Passes everything on, and knows whether a draw comes from work that was given away.
struct Watch {
    explicit Watch(Loop& its_loop) : offload(its_loop.offload, *this), entropy(its_loop.entropy, *this) {}

    class WatchedOffload final : public Offload {
    public:
        WatchedOffload(Offload& inner, Watch& watch) : inner_(inner), watch_(watch) {}
        bool run(std::function<void()> work, std::function<void()> then) override {
            auto watched = [this, work = std::move(work)] {
                watch_.is_away = true;
                work();
                watch_.is_away = false;
            };
            return inner_.run(std::move(watched), std::move(then));
        }

    private:
        Offload& inner_;
        Watch& watch_;
    };
    class WatchedEntropy final : public Entropy {
    public:
        WatchedEntropy(Entropy& inner, Watch& watch) : inner_(inner), watch_(watch) {}
        void fill(std::span<std::byte> out) override {
            ++(watch_.is_away ? watch_.draws_away : watch_.draws_on_loop);
            inner_.fill(out);
        }

    private:
        Entropy& inner_;
        Watch& watch_;
    };

    bool is_away = false;
    int draws_away = 0;
    int draws_on_loop = 0;
    WatchedOffload offload;
    WatchedEntropy entropy;
};

HttpAnswer post(World& world, MemoryNetwork& network, std::string const& session, std::string path, json::object body) {
    HttpClient client(world.loop(), network, {"cloud", 8080}, nullptr, "");
    HttpRequest request("POST", "/api/v1" + path);
    if (!session.empty()) { request.headers.emplace_back("Authorization", "Bearer " + session); }
    request.content_type = "application/json";
    request.body = json::serialize(body);
    bool is_done = false;
    HttpAnswer answer;
    spawn(world.loop().executor, "post", test::SmallCloud::send(client, std::move(request), answer, is_done));
    REQUIRE(world.run_while([&is_done] { return !is_done; }));
    return answer;
}

}  // namespace

TEST_CASE("tokens are drawn and sealed away from the loop that serves devices", "[http][GEN-02]") {
    World world(Seed{1});
    MemoryNetwork network(world);
    EventLog events(world.loop().clock);
    Vault const vault(std::array<std::byte, 32>{std::byte{3}});
    Watch watch(world.loop());
    Loop loop{world.loop().executor, world.loop().clock, watch.entropy, watch.offload};
    auto const store = SqliteStore::open(loop, ":memory:", SqliteStore::Commits::inline_);
    CloudOptions options;
    options.plain = Address{"cloud", 8080};
    options.setup_password = Secret(test::k_root_password);
    options.http.password_cost = PasswordCost{8, 1, 1};
    Cloud cloud(loop, network, *store, vault, events, options);
    bool is_open = false;
    cloud.start([&is_open](result<void> started) { is_open = started.has_value(); });
    REQUIRE(world.run_while([&is_open] { return !is_open; }));
    json::object const who{{"email", "admin@localhost"}, {"password", test::k_root_password}, {"deliver", "bearer"}};
    auto const signed_in = json::parse(post(world, network, "", "/sessions", who).body);
    std::string const session(signed_in.at("session").as_string());
    auto const model = json::parse(post(world, network, session, "/templates", {{"name", "box"}}).body).at("id");
    watch.draws_away = watch.draws_on_loop = 0;
    auto const made = post(world, network, session, "/tokens", {{"template", model}, {"count", 1000}});
    CHECK(made.status == 201);
    CHECK(watch.draws_away >= 4000);
    CHECK(watch.draws_on_loop < 10);
    cloud.stop();
}

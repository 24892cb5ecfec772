// Devices over TLS: timed to the end of the handshake, and back with the session of last time.
#include "tests/fleet/field.h"

namespace {

using namespace drydock;
using namespace drydock::load;
using namespace drydock::test;
using namespace std::chrono_literals;

LoadPlan secure_plan(std::uint32_t resumed_millionths) {
    LoadPlan plan = plan_of({4, "4/s", "1s", "2m", {}});
    plan.populations[0].has_tls = true;
    plan.populations[0].resumed_millionths = resumed_millionths;
    return plan;
}

struct SecureField {
    explicit SecureField(LoadPlan const& plan)
        : field(plan, {}, 1, TlsContext::client_from_text(texts.authority, TlsContext::Verify::yes)) {
        field.cloud.tls = TlsContext::server_from_text(texts.certificate, texts.key);
    }

    // What the devices' last logins say of how often they resumed.
    [[nodiscard]] std::vector<std::string> resumed() const {
        std::vector<std::string> found;
        for (Event const& event : field.events.events()) {
            if (event.kind == "device.login" && event.fields.size() > 1) { found.push_back(event.fields[1].second); }
        }
        return found;
    }

    TlsTexts texts = make_world_certificate();
    Field field;
};

}  // namespace

TEST_CASE("over TLS a connection stands at the end of the handshake", "[fleet]") {
    SecureField secure(secure_plan(0));
    secure.field.run_until(30);
    CHECK(secure.field.cloud.online() == 4);
    CHECK(secure.field.count(Counter::auth_accepted) == 4);
    // A way there and back for TCP, another for TLS, a third for the login.
    CHECK(secure.field.times(Latency::connect).min() >= 4ms);
    CHECK(secure.field.times(Latency::auth).min() >= 6ms);
    CHECK(secure.resumed().empty());
}

TEST_CASE("those who resume offer the session of their last connection", "[fleet]") {
    SecureField secure(secure_plan(1'000'000));
    secure.field.run_until(30);
    secure.field.cloud.kick_all();
    secure.field.run_until(60);
    CHECK(secure.resumed() == std::vector<std::string>{"0", "0", "0", "0", "1", "1", "1", "1"});
}

TEST_CASE("a certificate of somebody else fails the connection, not the login", "[fleet]") {
    SecureField secure(secure_plan(0));
    TlsTexts const other = make_world_certificate();
    secure.field.cloud.tls = TlsContext::server_from_text(other.certificate, other.key);
    secure.field.run_until(2);
    CHECK(secure.field.count(Counter::connect_failed) == 4);
    CHECK(secure.field.count(Counter::auth_started) == 0);
    CHECK(secure.field.fleet.snapshot().errors.at("connect lost") == 4);
}

TEST_CASE("a plan with TLS needs a context for it", "[fleet]") {
    CHECK_THROWS_AS(Field(secure_plan(0)), std::invalid_argument);
}

TEST_CASE("a handshake that loses its cell is not the cloud's failure", "[fleet]") {
    LoadPlan plan = secure_plan(0);
    Happening outage;
    outage.kind = Happening::Kind::cell_outage;
    outage.at = 30s;
    outage.lasts = 20s;
    plan.happenings = {outage};
    SecureField secure(plan);
    secure.field.run_until(24.9);
    // Takes the connections and never says a word.
    secure.field.cloud.tls = nullptr;
    secure.field.cloud.is_silent = true;
    secure.field.cloud.kick_all();
    secure.field.run_until(40);
    CHECK(secure.field.count(Counter::connect_started) == 8);
    CHECK(secure.field.count(Counter::connect_failed) == 0);
    CHECK(secure.field.fleet.snapshot().errors.at("lost with its way") == 4);
}

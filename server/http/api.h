// The API: routes, who may call them, and what they do. The router asks the policy before a handler
// runs; a route without a rule is refused to everybody.
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/domain/lifecycle.h"
#include "server/domain/live_sessions.h"
#include "server/domain/policy.h"
#include "server/domain/store.h"
#include "server/http/http_server.h"
#include "server/http/list.h"
#include "server/http/message.h"
#include "server/http/session_table.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drydock {

// Counts failures of one kind per user or account; successes cost nothing (SEC-05).
class FailureLimit {
public:
    FailureLimit(Clock& clock, unsigned most, Duration window) : clock_(clock), most_(most), window_(window) {}
    [[nodiscard]] bool is_over(std::string const& who);
    void count(std::string const& who);

private:
    struct Row {
        TimePoint since;
        unsigned failures = 0;
    };
    Clock& clock_;
    unsigned most_;
    Duration window_;
    std::map<std::string, Row> rows_;
};

// What all handlers share.
struct Api {
    Api(Loop& its_loop, Store& its_store, Vault const& its_vault, LiveSessions& its_live, EventLog& its_events,
        HttpOptions its_options)
        : loop(its_loop),
          store(its_store),
          vault(its_vault),
          live(its_live),
          events(its_events),
          options(its_options),
          sessions(loop),
          sign_in_failures(loop.clock, 5, std::chrono::minutes(10)),
          claim_failures(loop.clock, 10, std::chrono::minutes(5)) {}

    Loop& loop;
    Store& store;
    Vault const& vault;
    LiveSessions& live;
    EventLog& events;
    HttpOptions options;
    SessionTable sessions;
    FailureLimit sign_in_failures;
    FailureLimit claim_failures;
};

// Who calls, after sign-in and switching.
struct Caller {
    User user;
    Subject subject;
    std::string session;
};

struct Call {
    Call(Api& its_api, ApiRequest its_request) : api(its_api), request(std::move(its_request)) {}
    Api& api;
    ApiRequest request;
    Caller caller;
    std::vector<std::string> parameters;  // of the path, in order
    Verb verb{};                          // of the route; settled before its handler runs
    std::optional<Token> token;           // of the path, as the router found it

    // The n-th path parameter as an id; none when it is no number.
    [[nodiscard]] std::uint64_t id(std::size_t index = 0) const;
};

using Handler = boost::asio::awaitable<ApiResponse> (*)(Call& call);

// What a route's verb is asked about, for this call. Fails with not_found when there is no such thing.
using FindObject = result<Object> (*)(Call& call);

// Who may call a route. One that was never given stays `refused`.
struct Rule {
    enum class Kind : std::uint8_t {
        refused,    // to everybody
        open,       // to everybody, signed in or not
        signed_in,  // about nothing but the caller himself
        policy      // the verb on the object, as the policy says
    };
    Kind kind = Kind::refused;
    Verb verb{};
    FindObject object = nullptr;
};
inline constexpr Rule k_open{Rule::Kind::open, {}, nullptr};
inline constexpr Rule k_signed_in{Rule::Kind::signed_in, {}, nullptr};
[[nodiscard]] constexpr Rule asks(Verb verb, FindObject object) { return {Rule::Kind::policy, verb, object}; }

// What a route takes and gives beyond the ordinary, for the description.
enum class Shape : std::uint8_t { plain, list, change, batch, csv, picture, metrics };

struct Route {
    std::string_view method;
    std::string_view path;  // "/tokens/{id}"
    Rule rule;
    Handler handler = nullptr;
    std::string_view summary;
    Shape shape = Shape::plain;
};

[[nodiscard]] std::span<Route const> routes();
inline constexpr std::string_view k_api_prefix = "/api/v1";

// Finds the route in the table, settles who calls and whether he may, runs the handler. `call` must
// outlive the coroutine.
[[nodiscard]] boost::asio::awaitable<ApiResponse> answer(Call& call, std::span<Route const> table);

// --- who may: authorization.cpp
// Who calls, after sign-in and switching; fails with unauthenticated.
[[nodiscard]] result<Caller> caller_of(Api& api, ApiRequest const& request);
// The relation of an organization to the one acted in.
[[nodiscard]] result<Relation> relation_to(Api& api, Subject const& subject, OrganizationId other);
// The policy's object for a token, seen by this caller.
[[nodiscard]] result<Object> object_of(Api& api, Caller const& caller, Token const& token);
// not_found, forbidden or gone unless the caller may.
[[nodiscard]] error_code refusal(Caller const& caller, Verb verb, Object const& object);
// Whether the caller may what the rule says, about what this call is about.
[[nodiscard]] error_code refusal(Call& call, Rule const& rule);

// The objects of rules: the organization acted in and its lists; what the path names; nothing at
// all; the organization that the body of a new user names, or else the one acted in.
[[nodiscard]] result<Object> acted_in(Call& call);
[[nodiscard]] result<Object> organization_of_path(Call& call);
[[nodiscard]] result<Object> template_of_path(Call& call);
[[nodiscard]] result<Object> token_of_path(Call& call);
[[nodiscard]] result<Object> nothing(Call& call);
[[nodiscard]] result<Object> organization_of_body(Call& call);

// --- for handlers
// The organization whose plan counts: the tenant's top, just below the platform's root (PLAN-01).
[[nodiscard]] result<Organization> plan_holder(Api& api, OrganizationId id);
// A JSON object with no members but these; fails with bad_request.
[[nodiscard]] result<boost::json::object> body_object(ApiRequest const& request,
                                                      std::span<std::string_view const> members);
// Reads, asks the policy for the call's verb, compares If-Match, decides and commits until nothing
// changed meanwhile, five times at most: all four are about the one snapshot whose state, epoch and
// lock the write relies on. `decide` gives the decision or the refusal for the token as it stands;
// `extend` may add guards and writes.
using Decide = std::function<result<Decision>(Token const& token)>;
using Extend = std::function<error_code(Token const& token, Change& change)>;
[[nodiscard]] boost::asio::awaitable<result<Token>> change_token(Call& call, TokenId id, std::string verb,
                                                                 Decide decide, Extend extend);
[[nodiscard]] boost::json::object token_json(Api& api, Token const& token, bool shows_owner);
[[nodiscard]] boost::json::object device_json(Api& api, Token const& token);
// A page of the history of the call's token, as the caller may see it.
[[nodiscard]] ApiResponse history_response(Call& call, Page page);

// The families of handlers.
[[nodiscard]] std::vector<Route> people_routes();
[[nodiscard]] std::vector<Route> minting_routes();
[[nodiscard]] std::vector<Route> token_routes();
[[nodiscard]] std::vector<Route> device_routes();
[[nodiscard]] std::vector<Route> service_routes();

}  // namespace drydock

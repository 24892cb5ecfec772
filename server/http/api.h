// The API: routes, who may call them, and what they do. Handlers see plain requests; no handler
// runs before its route's verb or its openness was settled (a route cannot be made without one).
#pragma once

#include "server/base/event_log.h"
#include "server/base/loop.h"
#include "server/domain/lifecycle.h"
#include "server/domain/live_sessions.h"
#include "server/domain/policy.h"
#include "server/domain/store.h"
#include "server/http/http_server.h"
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

    // The n-th path parameter as an id; none when it is no number.
    [[nodiscard]] std::uint64_t id(std::size_t index = 0) const;
};

using Handler = boost::asio::awaitable<ApiResponse> (*)(Call& call);

struct Route {
    std::string_view method;
    std::string_view path;     // "/tokens/{id}"
    std::optional<Verb> verb;  // empty: open to all, or to everybody signed in
    bool needs_session;
    Handler handler;
    std::string_view summary;
};

[[nodiscard]] std::span<Route const> routes();
inline constexpr std::string_view k_api_prefix = "/api/v1";

// Finds the route, settles who calls, runs the handler. `call` must outlive the coroutine.
[[nodiscard]] boost::asio::awaitable<ApiResponse> answer(Call& call);

// --- for handlers
// The relation of an organization to the one acted in.
[[nodiscard]] result<Relation> relation_to(Api& api, Subject const& subject, OrganizationId other);
// The policy's object for a token, seen by this caller.
[[nodiscard]] result<Object> object_of(Api& api, Caller const& caller, Token const& token);
// not_found or forbidden unless the caller may.
[[nodiscard]] error_code refusal(Caller const& caller, Verb verb, Object const& object);
// A JSON object with no members but these; fails with bad_request.
[[nodiscard]] result<boost::json::object> body_object(ApiRequest const& request,
                                                      std::span<std::string_view const> members);
// Reads, decides and commits until nothing changed meanwhile, five times at most. `decide` gives
// the decision or the refusal for the token as it stands; `extend` may add guards and writes.
using Decide = std::function<result<Decision>(Token const& token)>;
using Extend = std::function<error_code(Token const& token, Change& change)>;
[[nodiscard]] boost::asio::awaitable<result<Token>> change_token(Call& call, TokenId id, std::string verb,
                                                                 Decide decide, Extend extend);
[[nodiscard]] boost::json::object token_json(Api& api, Token const& token, bool shows_owner);
[[nodiscard]] boost::json::object device_json(Api& api, Token const& token);

// The families of handlers.
[[nodiscard]] std::vector<Route> people_routes();
[[nodiscard]] std::vector<Route> minting_routes();
[[nodiscard]] std::vector<Route> token_routes();
[[nodiscard]] std::vector<Route> device_routes();
[[nodiscard]] std::vector<Route> service_routes();

}  // namespace drydock

// Minting static tokens: so many at once, or one per row of a CSV file.
#include "server/http/api.h"
#include "server/http/commit.h"
#include "server/http/fields.h"
#include "server/http/offloaded.h"
#include "server/http/problem.h"
#include "server/token/csv.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

constexpr std::uint64_t k_tokens_per_request_max = 10'000;
constexpr std::string_view k_device_name = "Device Name";

// Drawn one after the other: compilers evaluate arguments in orders of their own, and a seed means one run.
NewToken mint(Vault const& vault, Entropy& entropy) {
    Secret const auth = mint_auth_token(entropy);
    Secret const qr = mint_qr_token(entropy);
    NewToken token;
    token.auth_digest = vault.digest(auth.reveal());
    token.auth_sealed = vault.seal(auth, token.auth_digest, entropy);
    token.qr_digest = vault.digest(qr.reveal());
    token.qr_sealed = vault.seal(qr, token.qr_digest, entropy);
    return token;
}

// Away from the loop, which ten thousand would hold up for a tenth of a second, and piece by piece: between two
// the loop has a turn, so that devices are answered where it shares its core with this. The vault is a
// copy, since a piece may outlive its caller.
awaitable<result<std::vector<NewToken>>> mint_many(Api& api, std::uint64_t count) {
    // Half a millisecond, after which the loop answers and the core is free for a moment. Each waits its turn behind
    // the sign-ins that are under way.
    constexpr std::uint64_t k_piece = 100;
    auto minted = std::make_shared<std::vector<NewToken>>();
    minted->reserve(count);
    while (minted->size() < count) {
        std::uint64_t const until = std::min(count, minted->size() + k_piece);
        std::function<void()> piece = [minted, until, vault = api.vault, &entropy = api.loop.entropy] {
            while (minted->size() < until) { minted->push_back(mint(vault, entropy)); }
        };
        bool const is_taken = co_await offloaded(api.loop, std::move(piece));
        if (!is_taken) { co_return fail(cloud_errc::unavailable); }
    }
    co_return std::move(*minted);
}

// The template, if it belongs to the organization acted in.
result<Template> template_for(Call& call, std::uint64_t id) {
    auto const found = call.api.store.template_by_id(TemplateId{id});
    if (!found) { return found.error(); }
    if (!*found || (*found)->organization != call.caller.subject.acting_in) { return fail(cloud_errc::not_found); }
    return **found;
}

awaitable<ApiResponse> commit_batch(Call& call, TemplateId template_id, std::string name,
                                    std::vector<NewToken> tokens) {
    Api& api = call.api;
    OrganizationId const origin = call.caller.subject.acting_in;
    auto const holder = plan_holder(api, origin);
    if (!holder) { co_return problem(holder.error()); }
    std::uint64_t const count = tokens.size();
    Change change;
    change.guards.push_back(UserUnchanged{call.caller.user.id, call.caller.user.rights_version});
    change.guards.push_back(TemplateAlive{template_id});
    change.guards.push_back(TokenRoom{holder->id, count, limits_of(holder->plan).tokens});
    NewBatch batch;
    batch.origin = origin;
    batch.template_id = template_id;
    batch.name = std::move(name);
    batch.creator = call.caller.user.id;
    batch.created = api.loop.clock.wall();
    batch.tokens = std::move(tokens);
    change.writes.push_back(std::move(batch));
    AuditEntry entry;
    entry.event = "E1";
    entry.verb = "create_tokens";
    entry.actor = call.caller.user.id;
    entry.organization = origin;
    entry.at = api.loop.clock.wall();
    entry.source = call.request.peer;
    change.audit.push_back(std::move(entry));
    if (!call.request.idempotency_key.empty()) {
        change.idempotency.emplace(call.caller.user.id, call.request.idempotency_key);
    }
    auto const made = co_await committed(api.store, std::move(change));
    if (!made) { co_return problem(made.error()); }
    api.events.append("cloud", "tokens.created", {{"count", std::to_string(made->ids.size() - 1)}});
    json::object out;
    out["batch"] = made->ids.at(0);
    json::array ids;
    for (std::size_t i = 1; i < made->ids.size(); ++i) { ids.push_back(made->ids[i]); }
    out["tokens"] = std::move(ids);
    co_return json_response(201, out);
}

awaitable<ApiResponse> create(Call& call) {
    constexpr std::array<std::string_view, 3> members{"template", "count", "name"};
    auto const body = body_object(call.request, members);
    if (!body) { co_return problem(body.error()); }
    auto const wanted = number_in(*body, "template");
    auto const count = number_in(*body, "count");
    if (!wanted || !count || *count > k_tokens_per_request_max) { co_return problem(fail(cloud_errc::invalid)); }
    auto const found = template_for(call, *wanted);
    if (!found) { co_return problem(found.error()); }
    auto tokens = co_await mint_many(call.api, *count);
    if (!tokens) { co_return problem(tokens.error()); }
    ApiResponse response =
        co_await commit_batch(call, found->id, text_in(*body, "name", 100).value_or(""), std::move(*tokens));
    co_return response;
}

bool is_number_text(std::string const& text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// Which field each column fills; unmatched headers are faults (CSV-03, CSV-05).
void judge_columns(CsvTable& table, Template const& one) {
    for (std::size_t column = 0; column < table.header.size(); ++column) {
        std::string const& name = table.header[column];
        MetadataField const* field = nullptr;
        for (MetadataField const& candidate : one.fields) {
            if (candidate.name == name) { field = &candidate; }
        }
        if (name == k_device_name) { continue; }
        if (field == nullptr) {
            table.faults.push_back({"UNMAPPED_HEADER", 1, column + 1, name.substr(0, 64)});
            continue;
        }
        for (auto const& row : table.rows) {
            std::string const& cell = row.cells.at(column);
            if (cell.size() > 255) { table.faults.push_back({"TOO_LONG", row.line, column + 1, cell.substr(0, 64)}); }
            if (field->type == FieldType::number && !cell.empty() && !is_number_text(cell)) {
                table.faults.push_back({"TYPE", row.line, column + 1, cell.substr(0, 64)});
            }
        }
    }
}

ApiResponse csv_refusal(CsvTable const& table) {
    json::array faults;
    for (CsvFault const& fault : table.faults) {
        json::object item;
        item["code"] = fault.code;
        item["line"] = fault.line;
        item["column"] = fault.column;
        item["value"] = fault.value;
        faults.push_back(std::move(item));
    }
    json::object error;
    error["code"] = "csv_faults";
    error["message"] = "the file has faults: nothing was created";
    error["faults"] = std::move(faults);
    json::object out;
    out["error"] = std::move(error);
    return json_response(400, out);
}

void fill_in(NewToken& token, CsvTable const& table, CsvTable::Row const& row) {
    for (std::size_t column = 0; column < row.cells.size(); ++column) {
        if (table.header[column] == k_device_name) {
            token.device_name = row.cells[column];
        } else {
            token.metadata.emplace_back(table.header[column], row.cells[column]);
        }
    }
}

awaitable<ApiResponse> import(Call& call) {
    std::uint64_t wanted = 0;
    std::string_view const text = call.request.query_value("template");
    std::from_chars(text.data(), text.data() + text.size(), wanted);
    auto const found = template_for(call, wanted);
    if (!found) { co_return problem(found.error()); }
    auto table = std::make_shared<CsvTable>();
    auto file = std::make_shared<std::string>(call.request.body);
    std::function<void()> work = [table, file] { *table = parse_csv(*file, k_tokens_per_request_max); };
    bool const is_taken = co_await offloaded(call.api.loop, std::move(work));
    if (!is_taken) { co_return problem(fail(cloud_errc::unavailable)); }
    if (table->faults.empty()) { judge_columns(*table, *found); }
    if (!table->faults.empty()) { co_return csv_refusal(*table); }
    auto tokens = co_await mint_many(call.api, table->rows.size());
    if (!tokens) { co_return problem(tokens.error()); }
    for (std::size_t i = 0; i < table->rows.size(); ++i) { fill_in(tokens->at(i), *table, table->rows[i]); }
    ApiResponse response = co_await commit_batch(call, found->id, "CSV", std::move(*tokens));
    co_return response;
}

}  // namespace

std::vector<Route> minting_routes() {
    return {
        {"POST", "/tokens", asks(Verb::create_tokens, &acted_in), &create, "Mint static tokens", Shape::batch},
        {"POST", "/tokens/import", asks(Verb::create_tokens, &acted_in), &import,
         "Mint one token per row of a CSV file", Shape::csv},
    };
}

}  // namespace drydock

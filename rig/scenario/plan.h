// A scenario as it stands after loading: the plan is known before anything runs. Plain values;
// the loader fills them, the checker judges them, the runner walks them.
#pragma once

#include "server/base/clock.h"
#include "sim/fleet/load_plan.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace drydock::rig {

struct Position {
    std::size_t line = 0;    // from 1
    std::size_t column = 0;  // from 1
};

// Any value of the file. Scalars stay text: the verb's parameter says which type they must have.
struct Value {
    using List = std::vector<Value>;
    using Map = std::vector<std::pair<std::string, Value>>;
    using Data = std::variant<std::string, List, Map>;

    // Not in line: clang would look into the map's pairs before this type is complete.
    Value();
    Value(Data its_data, Position its_place, bool its_quotes);

    Data data;
    Position at;
    Position key_at;  // of the member's key in its map; of the value itself where it has none
    bool is_quoted = false;

    [[nodiscard]] std::string const* text() const { return std::get_if<std::string>(&data); }
    [[nodiscard]] List const* list() const { return std::get_if<List>(&data); }
    [[nodiscard]] Map const* map() const { return std::get_if<Map>(&data); }
    // The member of a map, or nothing.
    [[nodiscard]] Value const* find(std::string_view key) const;
};

enum class ActorKind { organization, user, device, station, attacker, server };  // org, user, …

struct Actor {
    std::string name;
    ActorKind kind = ActorKind::device;
    Value::Map options;
    Position at;
    bool has_kind = true;  // false: its kind is wrong, and was complained about
};

// `that: {box.online: true}`: a path and its matcher. A scalar means equality; a map holds one of
// ne lt le gt ge matches contains one_of absent len.
struct Condition {
    std::string path;
    Value matcher;
};

// `save: {t: tokens.0}`: a variable and a path in the result; all below the path is saved with it.
struct Saving {
    std::string variable;
    std::string path;
    Position at;
};

struct Step {
    std::string id;
    std::string by;
    std::string verb;  // `do:`
    Value::Map with;
    std::vector<Saving> save;
    std::vector<Condition> expect;
    std::optional<std::string> expect_error;  // its `code`
    bool accepts_any = false;                 // `accept: any`
    struct Eventually {
        Duration within{};
        std::vector<Condition> that;
    };
    std::optional<Eventually> eventually;
    struct Never {
        Duration for_time{};
        std::vector<Condition> that;
    };
    std::optional<Never> never;
    std::vector<std::string> covers;
    std::optional<Duration> timeout;
    bool is_soft = false;
    std::string note;
    Position at;
};

struct Block;
struct Parallel {
    bool joins_first = false;  // `join: first`: done when one branch is; the others are given up
    std::vector<std::vector<Block>> branches;
};
struct Repeat {
    std::size_t times = 1;
    std::vector<Block> steps;
};
struct Block {
    std::variant<Step, Parallel, Repeat> what;
};

struct Scenario {
    std::string file;
    std::string id;
    std::string title;
    std::string kind;
    std::vector<std::string> tags;
    std::vector<std::string> covers;
    std::vector<std::string> benches;  // empty: every bench
    Duration timeout = std::chrono::seconds(60);
    std::optional<std::uint64_t> seed;
    std::vector<std::pair<std::string, std::string>> variables;  // `vars:`
    std::vector<Actor> actors;
    std::vector<Block> steps;
    std::vector<Block> teardown;
    std::optional<load::LoadPlan> load;  // of `kind: load`, which has no actors and no steps
};

// One thing wrong with a file. Printed as `file:line:column: what is wrong (the way out)`.
struct Diagnostic {
    std::string file;
    Position at;
    std::string message;
    std::string hint;
};

}  // namespace drydock::rig

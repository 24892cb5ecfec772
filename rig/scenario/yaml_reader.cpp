#include "rig/scenario/yaml_reader.h"

#include <yaml.h>

#include <algorithm>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::size_t k_file_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t k_depth_max = 32;
constexpr std::size_t k_values_max = 200'000;

// Where a byte stands, as an editor counts: lines by LF, columns by characters.
Position place_of(std::string_view text, std::size_t offset) {
    std::string_view const before = text.substr(0, offset);
    auto const line_start = before.rfind('\n') + 1;  // wraps to zero on the first line
    std::string_view const line = before.substr(line_start);
    auto const lines = std::count(before.begin(), before.end(), '\n');
    auto const characters = std::count_if(line.begin(), line.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
    return {static_cast<std::size_t>(lines) + 1, static_cast<std::size_t>(characters) + 1};
}

// YAML ends lines at a lone CR, at U+0085, U+2028 and U+2029 too. An editor does not, and the two
// would disagree on every place below. Gives the byte where the first of them stands.
std::optional<std::size_t> odd_line_end(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string_view const rest = text.substr(i);
        bool const is_lone_return = rest.front() == '\r' && !rest.starts_with("\r\n");
        if (is_lone_return || rest.starts_with("\xc2\x85") || rest.starts_with("\xe2\x80\xa8") ||
            rest.starts_with("\xe2\x80\xa9")) {
            return i;
        }
    }
    return std::nullopt;
}

// One pass over the events with a stack of open lists and maps: no recursion on hostile depth.
class Reader {
public:
    Reader(std::string const& file, std::string_view text, std::vector<Diagnostic>& diagnostics)
        : file_(file), text_(text), end_(place_of(text, text.size())), diagnostics_(diagnostics) {
        yaml_parser_initialize(&parser_);
        // A view of nothing may point nowhere, which libyaml does not bear.
        char const* const begin = text.empty() ? "" : text.data();
        yaml_parser_set_input_string(&parser_, reinterpret_cast<unsigned char const*>(begin), text.size());
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    }
    ~Reader() { yaml_parser_delete(&parser_); }
    Reader(Reader const&) = delete;
    Reader& operator=(Reader const&) = delete;

    std::optional<Value> read() {
        bool is_done = false;
        while (!is_done) {
            yaml_event_t event;
            if (yaml_parser_parse(&parser_, &event) == 0) {
                complain(problem_place(), parser_.problem == nullptr ? "this is no YAML" : parser_.problem,
                         "look at the indentation and the quotes");
                return std::nullopt;
            }
            is_done = event.type == YAML_STREAM_END_EVENT || !take(event);
            yaml_event_delete(&event);
        }
        if (is_broken_) { return std::nullopt; }
        if (!root_) { complain({1, 1}, "the file is empty", "begin with 'drydock: 1'"); }
        return std::move(root_);
    }

private:
    struct Open {
        Value value;
        std::optional<std::string> key;  // of a map, once read
        Position key_at;
    };

    // At the end of a file without a last LF the parser stands on a line that does not exist.
    [[nodiscard]] Position where(yaml_mark_t const& mark) const {
        return mark.line + 1 > end_.line ? end_ : Position{mark.line + 1, mark.column + 1};
    }
    // A fault of the bytes has an offset, a fault of the language a mark.
    [[nodiscard]] Position problem_place() const {
        if (parser_.error == YAML_READER_ERROR) { return place_of(text_, parser_.problem_offset); }
        return where(parser_.problem_mark);
    }
    void complain(Position at, std::string message, std::string hint) {
        diagnostics_.push_back({file_, at, std::move(message), std::move(hint)});
    }
    bool broken(Position at, std::string message, std::string hint) {
        complain(at, std::move(message), std::move(hint));
        is_broken_ = true;
        return false;
    }

    bool take(yaml_event_t const& event) {
        Position const at = where(event.start_mark);
        switch (event.type) {
            case YAML_DOCUMENT_START_EVENT:
                if (std::exchange(has_document_, true)) {
                    return broken(at, "a second document", "one scenario per file");
                }
                return true;
            case YAML_ALIAS_EVENT:
                return broken(at, "an alias", "write the value out: aliases are not part of the language");
            case YAML_SCALAR_EVENT: return scalar(event, at);
            case YAML_SEQUENCE_START_EVENT:
                if (event.data.sequence_start.anchor != nullptr || event.data.sequence_start.tag != nullptr) {
                    return broken(at, "an anchor or tag", "leave it out");
                }
                return open(Value{Value::List{}, at, false});
            case YAML_MAPPING_START_EVENT:
                if (event.data.mapping_start.anchor != nullptr || event.data.mapping_start.tag != nullptr) {
                    return broken(at, "an anchor or tag", "leave it out");
                }
                return open(Value{Value::Map{}, at, false});
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT: {
                Value closed = std::move(open_.back().value);
                open_.pop_back();
                return place(std::move(closed));
            }
            default: return true;
        }
    }

    bool open(Value value) {
        if (open_.size() >= k_depth_max) { return broken(value.at, "too many levels", "32 are enough"); }
        if (!open_.empty() && open_.back().value.map() != nullptr && !open_.back().key) {
            return broken(value.at, "a list or map as a key", "keys are plain words");
        }
        open_.push_back({std::move(value), std::nullopt, {}});
        return true;
    }

    bool scalar(yaml_event_t const& event, Position at) {
        auto const& data = event.data.scalar;
        if (data.anchor != nullptr || data.tag != nullptr) { return broken(at, "an anchor or tag", "leave it out"); }
        if (++values_ > k_values_max) { return broken(at, "too many values", "split the file"); }
        std::string text(reinterpret_cast<char const*>(data.value), data.length);
        bool const is_quoted = data.style != YAML_PLAIN_SCALAR_STYLE;
        if (!open_.empty() && open_.back().value.map() != nullptr && !open_.back().key) {
            auto& map = std::get<Value::Map>(open_.back().value.data);
            bool const is_twice =
                std::any_of(map.begin(), map.end(), [&](auto const& row) { return row.first == text; });
            if (is_twice) { complain(at, "'" + text + "' stands here twice", "keep one of them"); }
            if (text == "<<") { return broken(at, "a merge key", "write the values out"); }
            open_.back().key = std::move(text);
            open_.back().key_at = at;
            return true;
        }
        return place(Value{std::move(text), at, is_quoted});
    }

    bool place(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return true;
        }
        Open& top = open_.back();
        if (auto* list = std::get_if<Value::List>(&top.value.data)) {
            list->push_back(std::move(value));
        } else {
            value.key_at = top.key_at;
            std::get<Value::Map>(top.value.data).emplace_back(std::move(*top.key), std::move(value));
            top.key.reset();
        }
        return true;
    }

    std::string const& file_;
    std::string_view text_;
    Position end_;
    std::vector<Diagnostic>& diagnostics_;
    yaml_parser_t parser_{};
    std::vector<Open> open_;
    std::optional<Value> root_;
    std::size_t values_ = 0;
    bool has_document_ = false;
    bool is_broken_ = false;
};

}  // namespace

std::optional<Value> read_yaml(std::string const& file, std::string_view text, std::vector<Diagnostic>& diagnostics) {
    if (text.size() > k_file_bytes_max) {
        diagnostics.push_back({file, {1, 1}, "the file is over one MiB", "split it"});
        return std::nullopt;
    }
    if (auto const odd = odd_line_end(text)) {
        diagnostics.push_back(
            {file, place_of(text, *odd), "a line ends in an odd way here", "end lines with LF or CRLF"});
        return std::nullopt;
    }
    Reader reader(file, text, diagnostics);
    return reader.read();
}

}  // namespace drydock::rig

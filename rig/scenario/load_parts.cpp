#include "rig/scenario/load_parts.h"

#include "rig/scenario/diagnostics.h"
#include "rig/scenario/link_reader.h"
#include "rig/scenario/load_words.h"

#include <algorithm>
#include <utility>

namespace drydock::rig {

namespace {

constexpr std::size_t k_populations_max = 100;
constexpr std::size_t k_activities_max = 20;
constexpr unsigned k_pin_max = 255;
constexpr std::uint32_t k_whole_weight_max = 1'000'000;
constexpr std::uint32_t k_all = 1'000'000;  // millionths
constexpr Duration k_heartbeat_max = std::chrono::hours(1);

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string print_share(std::uint64_t millionths) {
    std::string text = std::to_string(millionths / 10'000);
    if (std::uint64_t const rest = millionths % 10'000; rest != 0) {
        std::string const decimals = std::to_string(10'000 + rest).substr(1);
        text += "." + decimals.substr(0, decimals.find_last_not_of('0') + 1);
    }
    return text + "%";
}

// Who gets what: one word for everybody, or words with shares of 100 % or whole weights.
template <class T>
class ShareReader {
public:
    ShareReader(FieldReader& fields, std::string_view what, std::span<Word<T> const> words)
        : fields_(fields), what_(what), words_(words) {}

    std::vector<load::Share<T>> read(Value const& value) {
        if (value.text() != nullptr) {
            if (Word<T> const* word = word_of(*value.text(), value.at)) { return {{word->what, 1}}; }
            return {};
        }
        std::string const example =
            "{" + std::string(words_.front().name) + ": 90%, " + std::string(words_.back().name) + ": 10%}";
        if (fields_.map(value, what_, example) == nullptr) { return {}; }
        std::size_t const before = fields_.complaints();
        for (auto const& [name, item] : *value.map()) { add(name, item); }
        if (fields_.complaints() == before) { judge(value); }
        return std::move(shares_);
    }

private:
    Word<T> const* word_of(std::string const& name, Position at) {
        Word<T> const* const word = find_word(words_, name);
        if (word == nullptr) {
            fields_.complain(at, quoted(what_) + " knows no " + quoted(name), way_to(name, names_of(words_)));
        }
        return word;
    }

    void add(std::string const& name, Value const& item) {
        Word<T> const* const word = word_of(name, item.key_at);
        auto const share = item.text() == nullptr ? std::nullopt : read_share(*item.text());
        auto const whole = item.text() == nullptr ? std::nullopt : load::read_count(*item.text());
        if (!share && (!whole || *whole == 0 || *whole > k_whole_weight_max)) {
            fields_.complain(item.at, quoted(name) + " has no weight",
                             "write a share like 10%, or a whole number from 1 to 1000000");
            return;
        }
        ++(share ? with_share_ : with_weight_);
        sum_ += share.value_or(0);
        std::uint32_t const weight = share ? *share : static_cast<std::uint32_t>(*whole);
        if (word != nullptr && weight != 0) { shares_.push_back({word->what, weight}); }
    }

    void judge(Value const& value) {
        if (with_share_ != 0 && with_weight_ != 0) {
            fields_.complain(value.at, quoted(what_) + " mixes shares and weights",
                             "write % behind each number, or behind none");
        } else if (with_share_ != 0 && sum_ != k_all) {
            fields_.complain(value.at, "the shares of " + quoted(what_) + " add up to " + print_share(sum_),
                             "make it 100%, or write whole numbers as weights");
        } else if (shares_.empty()) {
            fields_.complain(value.at, quoted(what_) + " is empty", "leave it out, or name somebody");
        }
    }

    FieldReader& fields_;
    std::string_view what_;
    std::span<Word<T> const> words_;
    std::vector<load::Share<T>> shares_;
    std::size_t with_share_ = 0;
    std::size_t with_weight_ = 0;
    std::uint64_t sum_ = 0;
};

class PopulationReader {
public:
    PopulationReader(FieldReader& fields, std::vector<LinkProfile> const& links) : fields_(fields), links_(links) {}

    load::Population read(std::string const& name, Value const& value) {
        load::Population population;
        population.name = name;
        if (fields_.map(value, name, "{count: 5000, link: lte-m}") == nullptr) { return population; }
        fields_.check_keys(value, "in a population",
                           {"count", "link", "families", "tempers", "tokens", "preclaimed", "tls", "heartbeat"},
                           {{"kind", "each population is a fleet: leave it out"},
                            {"template", "the rig mints the tokens under a template of its own: leave it out"}});
        if (!load::is_plain_name(name)) {
            fields_.complain(value.key_at, quoted(name) + " is no name for a population",
                             "up to 64 of a-z, 0-9, '_', '-' and '.', the first a letter");
        }
        for (std::string_view needed : {"count", "link"}) {
            if (value.find(needed) != nullptr) { continue; }
            fields_.complain(value.at, "the population " + quoted(name) + " has no " + std::string(needed),
                             "write {count: 5000, link: lte-m}");
        }
        for (auto const& [key, item] : *value.map()) { entry(key, item, population); }
        auto const* preclaimed = value.find("preclaimed");
        if (preclaimed != nullptr && population.fate != load::TokenFate::live) {
            fields_.complain(preclaimed->at, "tokens that are not live cannot be claimed before the run",
                             "take out preclaimed, or tokens");
        }
        return population;
    }

private:
    void entry(std::string const& key, Value const& value, load::Population& population) {
        if (key == "count") {
            population.count = fields_.count(value, key).value_or(0);
            if (population.count > load::Arrivals::k_count_max) {
                fields_.complain(value.at, "a run has at most 100000000 devices", "write less");
            }
        } else if (key == "link") {
            population.link = link(value);
        } else if (key == "families") {
            population.families = ShareReader<Family>(fields_, key, family_words()).read(value);
        } else if (key == "tempers") {
            population.tempers = ShareReader<load::Temper>(fields_, key, temper_words()).read(value);
        } else if (key == "tokens") {
            std::string const word = fields_.text(value, key);
            auto const* fate = find_word(fate_words(), word);
            if (fate == nullptr && value.text() != nullptr) {
                fields_.complain(value.at, "'tokens' knows no " + quoted(word), way_to(word, names_of(fate_words())));
            }
            population.fate = fate == nullptr ? load::TokenFate::live : fate->what;
        } else if (key == "preclaimed") {
            population.preclaimed_millionths = fields_.share(value, key).value_or(0);
        } else if (key == "tls") {
            tls(value, population);
        } else if (key == "heartbeat") {
            heartbeat(value, population);
        }
    }

    std::string link(Value const& value) {
        std::string name = fields_.text(value, "link");
        auto const is_named = [&](LinkProfile const& one) { return one.name == name; };
        if (value.text() != nullptr && std::none_of(links_.begin(), links_.end(), is_named)) {
            fields_.complain(value.at, "no link is called " + quoted(name), way_to(name, names_of(links_)));
        }
        return name;
    }

    void tls(Value const& value, load::Population& population) {
        if (value.text() != nullptr) {
            population.has_tls = fields_.boolean(value, "tls");
            return;
        }
        if (fields_.map(value, "tls", "true, or {resume: 60%}") == nullptr) { return; }
        fields_.check_keys(value, "in 'tls'", {"resume"},
                           {{"version", "devices speak TLS 1.3: leave it out"},
                            {"verify", "devices always verify the server: leave it out"}});
        population.has_tls = true;
        if (auto const* resume = value.find("resume")) {
            population.resumed_millionths = fields_.share(*resume, "resume").value_or(0);
        }
    }

    void heartbeat(Value const& value, load::Population& population) {
        auto const time = fields_.time(value, "heartbeat");
        if (!time) { return; }
        population.heartbeat = *time;
        if (*time % std::chrono::seconds(1) == Duration::zero() && *time <= k_heartbeat_max) { return; }
        fields_.complain(value.at, "devices tell their heartbeat in whole seconds, up to an hour", "write 45s");
    }

    FieldReader& fields_;
    std::vector<LinkProfile> const& links_;
};

class SessionReader {
public:
    explicit SessionReader(FieldReader& fields) : fields_(fields) {}

    load::Activity read(Value const& value) {
        load::Activity activity;
        if (fields_.map(value, "session", "- {every: 30s, do: device.ping}") == nullptr) { return activity; }
        fields_.check_keys(value, "in a session", {"every", "jitter", "do", "with"},
                           {{"expect", "every answer is judged by what the token deserves: leave it out"}});
        auto const* verb = value.find("do");
        auto const* every = value.find("every");
        if (verb == nullptr || every == nullptr) {
            fields_.complain(value.at, "a line of a session says what a device does, and how often",
                             "write {every: 30s, do: device.ping}");
        }
        if (every != nullptr) { activity.every = fields_.time(*every, "every").value_or(Duration{}); }
        if (auto const* jitter = value.find("jitter")) {
            activity.jitter_millionths = fields_.share(*jitter, "jitter").value_or(0);
        }
        if (verb != nullptr) { kind(*verb, activity); }
        bool const is_report = activity.kind == load::Activity::Kind::report;
        if (auto const* with = value.find("with"); with != nullptr || is_report) {
            parameters(with == nullptr ? value : *with, with != nullptr, activity);
        }
        return activity;
    }

private:
    void kind(Value const& value, load::Activity& activity) {
        std::string const name = fields_.text(value, "do");
        auto const* word = find_word(activity_words(), name);
        if (word != nullptr) {
            activity.kind = word->what;
        } else if (name == "device.connect") {
            fields_.complain(value.at, "nothing has to tell a device to connect",
                             "it does when it arrives, and again by itself: take this line out");
        } else if (value.text() != nullptr) {
            fields_.complain(value.at, "no session does " + quoted(name), way_to(name, names_of(activity_words())));
        }
    }

    void parameters(Value const& with, bool is_given, load::Activity& activity) {
        std::string const example = "with: {pin: V4, value: {walk: [2, 8]}}";
        if (activity.kind != load::Activity::Kind::report) {
            return fields_.complain(with.at, "device.ping takes nothing", "take out with");
        }
        if (is_given && fields_.map(with, "with", "{pin: V4, value: {walk: [2, 8]}}") == nullptr) { return; }
        auto const* pin = is_given ? with.find("pin") : nullptr;
        auto const* value = is_given ? with.find("value") : nullptr;
        if (is_given) { fields_.check_keys(with, "of device.report", {"pin", "value"}); }
        if (pin == nullptr || value == nullptr) {
            return fields_.complain(with.at, "device.report needs a pin and a value", "write " + example);
        }
        read_pin(*pin, activity);
        read_walk(*value, activity);
    }

    void read_pin(Value const& value, load::Activity& activity) {
        std::string const name = fields_.text(value, "pin");
        auto const number = name.starts_with('V') ? load::read_count(std::string_view(name).substr(1)) : std::nullopt;
        if (!number || *number > k_pin_max) {
            fields_.complain(value.at, quoted(name) + " is no virtual pin", "write V0 to V255");
        }
        activity.pin = static_cast<unsigned>(std::min<std::uint64_t>(number.value_or(0), k_pin_max));
    }

    void read_walk(Value const& value, load::Activity& activity) {
        auto const* walk = value.find("walk");
        auto const* ends = walk == nullptr ? nullptr : walk->list();
        auto const end = [&](std::size_t which) -> std::optional<std::int64_t> {
            auto const* text = (*ends)[which].text();
            auto const number = text == nullptr ? std::nullopt : load::read_number(*text);
            if (!number || !number->rest.empty() || number->millionths % 1'000 != 0) { return std::nullopt; }
            return number->millionths / 1'000;
        };
        bool const is_pair = ends != nullptr && ends->size() == 2 && value.map()->size() == 1;
        auto const low = is_pair ? end(0) : std::nullopt;
        auto const high = is_pair ? end(1) : std::nullopt;
        if (!low || !high || *low >= *high) {
            return fields_.complain(value.at, "this is no random walk",
                                    "write {walk: [2, 8]}: the lower end first, at most three decimals");
        }
        activity.walk_low = *low;
        activity.walk_high = *high;
    }

    FieldReader& fields_;
};

}  // namespace

std::vector<load::Population> read_populations(FieldReader& fields, Value const& value,
                                               std::vector<LinkProfile> const& links) {
    std::vector<load::Population> populations;
    if (fields.map(value, "population", "{fleet: {count: 5000, link: lte-m}}") == nullptr) { return populations; }
    if (value.map()->empty() || value.map()->size() > k_populations_max) {
        fields.complain(value.at, "a load run has 1 to 100 populations", "write fleet: {count: 5000, link: lte-m}");
        return populations;
    }
    PopulationReader reader(fields, links);
    for (auto const& [name, item] : *value.map()) { populations.push_back(reader.read(name, item)); }
    return populations;
}

std::vector<load::Activity> read_session(FieldReader& fields, Value const& value) {
    std::vector<load::Activity> session;
    if (fields.list(value, "session", "- {every: 30s, do: device.ping}") == nullptr) { return session; }
    if (value.list()->size() > k_activities_max) {
        fields.complain(value.at, "a session has at most 20 lines", "take some out");
        return session;
    }
    SessionReader reader(fields);
    for (Value const& item : *value.list()) { session.push_back(reader.read(item)); }
    return session;
}

}  // namespace drydock::rig

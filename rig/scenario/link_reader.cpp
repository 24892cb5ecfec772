#include "rig/scenario/link_reader.h"

#include "rig/scenario/diagnostics.h"
#include "rig/scenario/link_files.h"
#include "rig/scenario/yaml_reader.h"
#include "sim/fleet/words.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace drydock::rig {

namespace {

constexpr Duration k_link_time_max = std::chrono::hours(7 * 24);  // a run is not longer
constexpr std::uint32_t k_loss_max = 500'000;                     // beyond half nothing gets through in time

// Fields of one profile, each put where it belongs.
class LinkFields {
public:
    LinkFields(FieldReader& fields, LinkProfile base) : fields_(fields), link_(std::move(base)) {}

    void take(std::string const& key, Value const& value) {
        if (key == "rtt") {
            link_.round_trip = spread(value, key);
        } else if (key == "attach") {
            link_.attach = spread(value, key);
        } else if (key == "up") {
            link_.up_bytes = fields_.byte_rate(value, key).value_or(0);
        } else if (key == "down") {
            link_.down_bytes = fields_.byte_rate(value, key).value_or(0);
        } else if (key == "loss") {
            link_.loss_millionths = loss(value);
        } else if (key == "retransmit") {
            link_.retransmit = time(value, key);
        } else if (key == "nat_idle") {
            link_.nat_idle = time(value, key);
        } else if (key == "psm") {
            psm(value);
        } else if (key == "metered") {
            link_.is_metered = fields_.boolean(value, key);
        }
    }
    [[nodiscard]] LinkProfile link() && { return std::move(link_); }

private:
    Duration time(Value const& value, std::string_view what) {
        Duration const read = fields_.time(value, what).value_or(Duration{});
        if (read <= k_link_time_max) { return read; }
        fields_.complain(value.at, "'" + std::string(what) + "' is over seven days", "no run lasts so long");
        return {};
    }

    // `120ms` alone has no tail.
    Spread spread(Value const& value, std::string const& what) {
        if (value.text() != nullptr) {
            Duration const always = time(value, what);
            return {always, always};
        }
        if (fields_.map(value, what, "{p50: 120ms, p95: 450ms}") == nullptr) { return {}; }
        fields_.check_keys(value, "in '" + what + "'", {"p50", "p95"});
        Value const* const p50 = value.find("p50");
        Value const* const p95 = value.find("p95");
        if (p50 == nullptr || p95 == nullptr) {
            fields_.complain(value.at, "'" + what + "' needs p50 and p95", "write {p50: 120ms, p95: 450ms}");
            return {};
        }
        Spread const read{time(*p50, "p50"), time(*p95, "p95")};
        if (read.p95 < read.p50 && read.p95 > Duration::zero()) {
            fields_.complain(p95->at, "p95 is below p50", "one in twenty is slower than p95: give it the greater time");
        }
        return read;
    }

    std::uint32_t loss(Value const& value) {
        std::uint32_t const share = fields_.share(value, "loss").value_or(0);
        if (share > k_loss_max) {
            fields_.complain(value.at, "more than half of all segments are lost", "write 50% or less");
        }
        return share;
    }

    void psm(Value const& value) {
        if (fields_.map(value, "psm", "{awake: 20s, sleep: 1h}") == nullptr) { return; }
        fields_.check_keys(value, "in 'psm'", {"awake", "sleep"});
        Value const* const awake = value.find("awake");
        Value const* const sleep = value.find("sleep");
        if (awake == nullptr || sleep == nullptr) {
            return fields_.complain(value.at, "'psm' needs awake and sleep", "write {awake: 20s, sleep: 1h}");
        }
        link_.psm_awake = time(*awake, "awake");
        link_.psm_sleep = time(*sleep, "sleep");
    }

    FieldReader& fields_;
    LinkProfile link_;
};

std::vector<LinkProfile> read_built_in_links() {
    std::vector<LinkProfile> links;
    for (auto const& [file, text] : link_files()) {
        LinkResult read = read_link(std::string(file), text);
        if (!read.diagnostics.empty()) {
            throw std::runtime_error("a built-in link is wrong: " + print(std::move(read.diagnostics), text));
        }
        links.push_back(std::move(read.link));
    }
    return links;
}

}  // namespace

LinkProfile link_of(FieldReader& fields, std::string name, Value const& value) {
    LinkProfile base;
    if (fields.map(value, name, "{rtt: {p50: 120ms, p95: 450ms}}") == nullptr) { return base; }
    fields.check_keys(value, "in a link", link_keys());
    if (!load::is_plain_name(name)) {
        fields.complain(value.key_at, "'" + name + "' is no name for a link",
                        "up to 64 of a-z, 0-9, '_', '-' and '.', the first a letter");
    }
    if (auto const* like = value.find("like")) {
        std::string const wanted = fields.text(*like, "like");
        auto const& known = built_in_links();
        auto const found =
            std::find_if(known.begin(), known.end(), [&](LinkProfile const& one) { return one.name == wanted; });
        if (found != known.end()) {
            base = *found;
        } else if (like->text() != nullptr) {
            fields.complain(like->at, "no built-in link is called '" + wanted + "'", way_to(wanted, names_of(known)));
        }
    } else if (value.find("rtt") == nullptr) {
        fields.complain(value.at, "the link '" + name + "' has no round trip time",
                        "give it rtt: {p50: 120ms, p95: 450ms}, or like: with a built-in link");
    }
    base.name = std::move(name);
    LinkFields read(fields, std::move(base));
    for (auto const& [key, item] : *value.map()) { read.take(key, item); }
    return std::move(read).link();
}

LinkResult read_link(std::string file, std::string_view text) {
    LinkResult result;
    auto root = read_yaml(file, text, result.diagnostics);
    if (!root) { return result; }
    FieldReader fields(std::move(file), result.diagnostics);
    if (fields.map(*root, "a link", "{name: my-link, rtt: {p50: 120ms, p95: 450ms}}") == nullptr) { return result; }
    auto const* name = root->find("name");
    if (name == nullptr) {
        fields.complain(root->at, "'name' is missing", "scenarios name the link by it");
        return result;
    }
    if (auto const* like = root->find("like")) {
        fields.complain(like->at, "a link file stands for itself", "write its figures out; scenarios may use like");
        return result;
    }
    std::string read_name = fields.text(*name, "name");
    // In a file the name is one key among the others; what is left is as a scenario writes it.
    auto& members = std::get<Value::Map>(root->data);
    std::erase_if(members, [](auto const& row) { return row.first == "name"; });
    result.link = link_of(fields, std::move(read_name), *root);
    return result;
}

std::vector<LinkProfile> const& built_in_links() {
    static std::vector<LinkProfile> const links = read_built_in_links();
    return links;
}

std::vector<std::string> names_of(std::vector<LinkProfile> const& links) {
    std::vector<std::string> names;
    names.reserve(links.size());
    for (LinkProfile const& link : links) { names.push_back(link.name); }
    return names;
}

std::vector<std::string> const& link_keys() {
    static std::vector<std::string> const keys{"like", "rtt",        "attach",   "up",  "down",
                                               "loss", "retransmit", "nat_idle", "psm", "metered"};
    return keys;
}

}  // namespace drydock::rig

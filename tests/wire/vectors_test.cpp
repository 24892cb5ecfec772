// Wire vectors: every file of fixtures/bytes is frames in hexadecimal, a line each. The comment
// lines before a frame hold `key: value` pairs that say what it must decode to; a key not known
// here is prose.
#include "server/wire/frame.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace drydock;
using namespace drydock::wire;

namespace {

namespace fs = std::filesystem;

struct Vector {
    std::map<std::string, std::string> says;  // command, id, status, fields, heartbeat, buffer
    Bytes bytes;
};

std::vector<Vector> read_vectors(fs::path const& file) {
    std::vector<Vector> vectors;
    Vector next;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        auto const colon = line.find(": ");
        if (line.starts_with("# ") && colon != std::string::npos) {
            next.says[line.substr(2, colon - 2)] = line.substr(colon + 2);
        } else if (!line.empty() && !line.starts_with('#')) {
            std::erase(line, ' ');
            auto bytes = from_hex(line);
            REQUIRE(bytes);
            next.bytes = std::move(*bytes);
            vectors.push_back(std::exchange(next, {}));
        }
    }
    return vectors;
}

std::string fields_of(BytesView body) {
    std::string text(as_text(body));
    std::replace(text.begin(), text.end(), '\0', '|');
    return text;
}

std::string said(Vector const& vector, std::string const& key) {
    auto const found = vector.says.find(key);
    return found == vector.says.end() ? std::string() : found->second;
}

// The fields of the comment, written as a session writes them: with NULs between.
Bytes encode(Vector const& vector) {
    auto const command = static_cast<Command>(std::stoul(vector.says.at("command")));
    auto const id = static_cast<std::uint16_t>(std::stoul(vector.says.at("id")));
    Bytes out;
    if (command == Command::response) {
        append_response(out, id, static_cast<Status>(std::stoul(vector.says.at("status"))));
        return out;
    }
    std::string body = said(vector, "fields");
    std::replace(body.begin(), body.end(), '|', '\0');
    append_frame(out, command, id, body);
    return out;
}

void judge(Vector const& vector) {
    Decoded const step = decode(vector.bytes, k_body_bytes);
    REQUIRE(step.kind == Decoded::Kind::frame);
    CHECK(step.consumed == vector.bytes.size());
    CHECK(std::to_string(static_cast<unsigned>(step.frame.command)) == said(vector, "command"));
    CHECK(std::to_string(step.frame.message_id) == said(vector, "id"));
    if (step.frame.command == Command::response) { CHECK(std::to_string(step.frame.status) == said(vector, "status")); }
    CHECK(fields_of(step.frame.body) == said(vector, "fields"));
    if (vector.says.contains("heartbeat")) {
        InfoBlock const info = parse_info(step.frame.body);
        CHECK(std::to_string(info.heartbeat_seconds) == said(vector, "heartbeat"));
        CHECK(std::to_string(info.buffer_bytes) == said(vector, "buffer"));
    }
    CHECK(to_hex(encode(vector)) == to_hex(vector.bytes));
}

}  // namespace

TEST_CASE("every wire vector decodes to what its file says and is written again byte for byte", "[wire]") {
    std::size_t frames = 0;
    for (auto const& entry : fs::directory_iterator(DRYDOCK_SOURCE "/fixtures/bytes")) {
        if (entry.path().extension() != ".hex") { continue; }
        auto const vectors = read_vectors(entry.path());
        REQUIRE_FALSE(vectors.empty());
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            INFO(entry.path().filename().string() << ", frame " << i + 1);
            judge(vectors[i]);
        }
        frames += vectors.size();
    }
    CHECK(frames >= 40);
}

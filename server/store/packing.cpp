#include "server/store/packing.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace drydock::packing {

namespace {

void put_number(Bytes& out, std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) { out.push_back(static_cast<std::byte>(value >> shift & 255U)); }
}

void put_text(Bytes& out, std::string_view text) {
    put_number(out, text.size());
    BytesView const bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Reads what the functions above wrote. A damaged column gives fewer items, never a bad read.
class Reader {
public:
    explicit Reader(BytesView bytes) : rest_(bytes) {}
    [[nodiscard]] bool more() const { return rest_.size() >= 8; }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i) { value |= std::to_integer<std::uint64_t>(rest_[i]) << (8 * i); }
        rest_ = rest_.subspan(8);
        return value;
    }
    std::string text() {
        if (!more()) { return {}; }
        std::uint64_t const size = number();
        if (size > rest_.size()) {
            rest_ = {};
            return {};
        }
        std::string value(as_text(rest_.first(size)));
        rest_ = rest_.subspan(size);
        return value;
    }

private:
    BytesView rest_;
};

}  // namespace

TokenDigest digest_from(BytesView bytes) {
    TokenDigest digest;
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.bytes.size()), digest.bytes.begin());
    return digest;
}

Bytes pack(Metadata const& metadata) {
    Bytes out;
    for (auto const& [name, value] : metadata) {
        put_text(out, name);
        put_text(out, value);
    }
    return out;
}

Metadata unpack_metadata(BytesView bytes) {
    Metadata metadata;
    for (Reader reader(bytes); reader.more();) {
        std::string name = reader.text();
        metadata.emplace_back(std::move(name), reader.text());
    }
    return metadata;
}

Bytes pack(std::vector<MetadataField> const& fields) {
    Bytes out;
    for (MetadataField const& field : fields) {
        put_text(out, field.name);
        put_number(out, static_cast<std::uint64_t>(field.type));
    }
    return out;
}

std::vector<MetadataField> unpack_fields(BytesView bytes) {
    std::vector<MetadataField> fields;
    for (Reader reader(bytes); reader.more();) {
        MetadataField field;
        field.name = reader.text();
        field.type = reader.more() && reader.number() == 1 ? FieldType::number : FieldType::text;
        fields.push_back(std::move(field));
    }
    return fields;
}

Bytes pack(std::vector<std::uint64_t> const& ids) {
    Bytes out;
    for (std::uint64_t id : ids) { put_number(out, id); }
    return out;
}

std::vector<std::uint64_t> unpack_ids(BytesView bytes) {
    std::vector<std::uint64_t> ids;
    for (Reader reader(bytes); reader.more();) { ids.push_back(reader.number()); }
    return ids;
}

}  // namespace drydock::packing

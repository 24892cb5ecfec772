#include "server/http/admission.h"

#include <algorithm>
#include <array>
#include <string>

namespace drydock {

namespace {

constexpr std::array<std::string_view, 6> k_methods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool is_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127; });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) { text.remove_prefix(1); }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) { text.remove_suffix(1); }
    return text;
}

bool is_request_line(std::string_view line) {
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == std::string_view::npos || last == first) { return false; }
    std::string_view const target = line.substr(first + 1, last - first - 1);
    // Origin form only: no absolute address, no second blank.
    return std::find(k_methods.begin(), k_methods.end(), line.substr(0, first)) != k_methods.end() &&
           line.substr(last + 1) == "HTTP/1.1" && target.starts_with('/') && !target.starts_with("//") &&
           target.find(' ') == std::string_view::npos && !has_control(target);
}

}  // namespace

Admission admit(std::string_view bytes) {
    auto const end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return bytes.size() > k_head_bytes_max ? Admission::refused : Admission::incomplete;
    }
    if (end > k_head_bytes_max) { return Admission::refused; }
    std::string_view head = bytes.substr(0, end);
    auto const line_end = head.find("\r\n");
    if (!is_request_line(head.substr(0, line_end))) { return Admission::refused; }
    std::size_t headers = 0;
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t encodings = 0;
    head = line_end == std::string_view::npos ? std::string_view() : head.substr(line_end + 2);
    while (!head.empty()) {
        auto const stop = head.find("\r\n");
        std::string_view const line = head.substr(0, stop);
        head = stop == std::string_view::npos ? std::string_view() : head.substr(stop + 2);
        auto const colon = line.find(':');
        // A line that begins with a blank would continue the one before (obs-fold).
        if (colon == std::string_view::npos || !is_name(line.substr(0, colon)) || has_control(line)) {
            return Admission::refused;
        }
        std::string const name = lowered(line.substr(0, colon));
        std::string_view const value = trimmed(line.substr(colon + 1));
        if (name == "host") { hosts += value.empty() ? 2U : 1U; }
        if (name == "content-length") { ++lengths; }
        if (name == "transfer-encoding") { encodings += lowered(value) == "chunked" ? 1U : 2U; }
        if (++headers > k_headers_max) { return Admission::refused; }
    }
    bool const is_clear = hosts == 1 && lengths <= 1 && encodings <= 1 && lengths + encodings <= 1;
    return is_clear ? Admission::admitted : Admission::refused;
}

}  // namespace drydock

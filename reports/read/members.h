// The members of one JSON object, taken one after the other. Every mistake is a BadRecord that says
// where it stands. Inside the room.
#pragma once

#include "reports/model/load_record.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::report {

class BadRecord : public std::runtime_error {
public:
    BadRecord(std::string const& where, std::string const& what) : std::runtime_error(where + ": " + what) {}
};

// Longer lists than any run makes are mistakes, or meant to harm.
constexpr std::size_t k_items_max = 4'000'000;

class Members {
public:
    // Throws BadRecord when the value is no object. Value and object must outlive this.
    Members(boost::json::value const& value, std::string where);

    [[nodiscard]] std::string text(std::string_view name);
    [[nodiscard]] std::string some_text(std::string_view name);  // not empty
    [[nodiscard]] std::string one_of(std::string_view name, std::vector<std::string_view> const& words);
    // The member `verdict`.
    [[nodiscard]] Verdict verdict(std::span<Verdict const> known);
    // Finite; from zero unless `is_signed`.
    enum class Sign { from_zero, any };
    [[nodiscard]] double number(std::string_view name, Sign sign = Sign::from_zero);
    [[nodiscard]] std::optional<double> number_if_there(std::string_view name, Sign sign = Sign::from_zero);
    [[nodiscard]] std::uint64_t count(std::string_view name, std::uint64_t least = 0);
    [[nodiscard]] bool flag(std::string_view name);
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] boost::json::value const& value(std::string_view name);
    [[nodiscard]] std::string where(std::string_view name) const;
    [[nodiscard]] std::string const& where() const { return where_; }

    // read(value, where) for each item of a list.
    template <class Read>
    void each_item(std::string_view name, Read const& read) {
        std::string const place = where(name);
        std::size_t i = 0;
        for (boost::json::value const& item : list(name)) { read(item, place + "[" + std::to_string(i++) + "]"); }
    }
    // read(key, value, where) for each member of an object whose keys are free.
    template <class Read>
    void each_member(std::string_view name, Read const& read) {
        std::string const place = where(name);
        for (auto const& member : object(name)) {
            read(std::string(member.key()), member.value(), place + "." + std::string(member.key()));
        }
    }
    // Throws BadRecord when there is a member that nobody took.
    void end() const;

private:
    [[nodiscard]] boost::json::array const& list(std::string_view name);
    [[nodiscard]] boost::json::object const& object(std::string_view name);

    boost::json::object const* object_;
    std::string where_;
    std::vector<std::string_view> taken_;
};

[[nodiscard]] std::string text_of(boost::json::value const& value, std::string const& where);
[[nodiscard]] double number_of(boost::json::value const& value, std::string const& where,
                               Members::Sign sign = Members::Sign::from_zero);
[[nodiscard]] std::uint64_t count_of(boost::json::value const& value, std::string const& where,
                                     std::uint64_t least = 0);

[[nodiscard]] LoadRecord load_of(boost::json::value const& value, std::string const& where);

}  // namespace drydock::report

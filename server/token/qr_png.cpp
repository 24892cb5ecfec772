#include "server/token/qr_png.h"

#include <png.h>
#include <qrencode.h>

#include <algorithm>
#include <csetjmp>
#include <memory>
#include <string>

namespace drydock {

namespace {

constexpr std::size_t k_text_bytes_max = 200;
constexpr int k_quiet_modules = 4;
constexpr int k_pixels_per_module_min = 8;
constexpr int k_width_min = 300;
constexpr std::size_t k_png_bytes_usual = 1024;

struct TokenCategory final : boost::system::error_category {
    [[nodiscard]] char const* name() const noexcept override { return "token"; }
    [[nodiscard]] std::string message(int code) const override {
        return static_cast<token_errc>(code) == token_errc::too_long_for_qr ? "the text is too long for a QR label"
                                                                            : "the PNG could not be made";
    }
};

struct QrEnd {
    void operator()(QRcode* code) const { QRcode_free(code); }
};

// libpng answers failures by a long jump: this function owns nothing that would need an end, what
// it fills belongs to the caller.
bool write_rows(png_structp writer, png_infop info, QRcode const& code, int scale, std::size_t width, Bytes& row) {
    if (setjmp(png_jmpbuf(writer)) != 0) { return false; }
    auto const pixels = static_cast<png_uint_32>(width);
    png_set_IHDR(writer, info, pixels, pixels, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    // Rows repeat: any effort finds that, and filters only hide it.
    png_set_filter(writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_compression_level(writer, 3);
    png_write_info(writer, info);
    auto* const bytes = reinterpret_cast<png_bytep>(row.data());
    for (int y = -k_quiet_modules; y < code.width + k_quiet_modules; ++y) {
        std::fill(row.begin(), row.end(), std::byte{0xff});
        for (int x = 0; y >= 0 && y < code.width && x < code.width; ++x) {
            if ((code.data[y * code.width + x] & 1) == 0) { continue; }
            int const first = (x + k_quiet_modules) * scale;
            for (int pixel = first; pixel < first + scale; ++pixel) {
                row[static_cast<std::size_t>(pixel) / 8] &= ~(std::byte{0x80} >> (pixel % 8));
            }
        }
        for (int repeat = 0; repeat < scale; ++repeat) { png_write_row(writer, bytes); }
    }
    png_write_end(writer, info);
    return true;
}

void append_to_bytes(png_structp writer, png_bytep data, std::size_t size) {
    auto& into = *static_cast<Bytes*>(png_get_io_ptr(writer));
    auto const* const first = reinterpret_cast<std::byte const*>(data);
    into.insert(into.end(), first, first + size);
}

void flush_nothing(png_structp) {}

bool write_png(QRcode const& code, int scale, std::size_t width, Bytes& into) {
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    if (writer == nullptr) { return false; }
    png_infop info = png_create_info_struct(writer);
    png_set_write_fn(writer, &into, append_to_bytes, flush_nothing);
    Bytes row((width + 7) / 8);
    bool const is_written = info != nullptr && write_rows(writer, info, code, scale, width, row);
    png_destroy_write_struct(&writer, &info);
    return is_written;
}

}  // namespace

error_code make_error_code(token_errc code) {
    static TokenCategory const category;
    return {static_cast<int>(code), category};
}

result<Bytes> qr_png(std::string_view text) {
    if (text.size() > k_text_bytes_max || text.empty()) { return fail(token_errc::too_long_for_qr); }
    std::unique_ptr<QRcode, QrEnd> const code(QRcode_encodeString8bit(std::string(text).c_str(), 0, QR_ECLEVEL_Q));
    if (!code) { return fail(token_errc::too_long_for_qr); }
    int const modules = code->width + 2 * k_quiet_modules;
    int const scale = std::max(k_pixels_per_module_min, (k_width_min + modules - 1) / modules);
    auto const width = static_cast<std::size_t>(modules) * static_cast<std::size_t>(scale);
    Bytes png;
    png.reserve(k_png_bytes_usual);
    return write_png(*code, scale, width, png) ? result<Bytes>(std::move(png)) : fail(token_errc::png_failed);
}

}  // namespace drydock

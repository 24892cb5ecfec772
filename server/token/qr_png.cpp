#include "server/token/qr_png.h"

#include <png.h>
#include <qrencode.h>

#include <algorithm>
#include <memory>
#include <string>

namespace drydock {

namespace {

constexpr std::size_t k_text_bytes_max = 200;
constexpr int k_quiet_modules = 4;
constexpr int k_pixels_per_module_min = 8;
constexpr int k_width_min = 300;

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
    // Eight bits a pixel here; libpng's simplified writer keeps it pure black on white.
    Bytes pixels(width * width, std::byte{255});
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width; ++x) {
            if ((code->data[y * code->width + x] & 1) == 0) { continue; }
            for (int row = 0; row < scale; ++row) {
                auto const at = static_cast<std::size_t>((y + k_quiet_modules) * scale + row) * width +
                                static_cast<std::size_t>((x + k_quiet_modules) * scale);
                std::fill_n(pixels.begin() + static_cast<std::ptrdiff_t>(at), scale, std::byte{0});
            }
        }
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(width);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = 0;
    if (png_image_write_get_memory_size(image, size, 0, pixels.data(), 0, nullptr) == 0) {
        return fail(token_errc::png_failed);
    }
    Bytes png(size);
    if (png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
        return fail(token_errc::png_failed);
    }
    png.resize(size);
    return png;
}

}  // namespace drydock

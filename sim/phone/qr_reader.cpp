#include "sim/phone/qr_reader.h"

// The library's newer interface, whose texts are UTF-8.
#define ZX_USE_UTF8 1
#include <ZXing/ReadBarcode.h>
#include <png.h>

#include <cstdint>
#include <vector>

namespace drydock {

namespace {

constexpr std::uint64_t k_pixels_max = 4'000'000;

error_code unreadable() { return boost::system::errc::make_error_code(boost::system::errc::invalid_argument); }

}  // namespace

result<std::string> read_qr(BytesView png) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, png.data(), png.size()) == 0) { return unreadable(); }
    if (std::uint64_t{image.width} * image.height > k_pixels_max) {
        png_image_free(&image);
        return unreadable();
    }
    image.format = PNG_FORMAT_GRAY;
    std::vector<std::uint8_t> pixels(std::size_t{image.width} * image.height);
    if (png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) == 0) { return unreadable(); }
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode);
    ZXing::ImageView const view(pixels.data(), static_cast<int>(image.width), static_cast<int>(image.height),
                                ZXing::ImageFormat::Lum);
    auto const found = ZXing::ReadBarcode(view, hints);
    if (!found.isValid()) { return unreadable(); }
    return found.text();
}

}  // namespace drydock

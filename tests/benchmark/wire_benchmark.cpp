// Frames: how long decoding and encoding take, in messages and bytes per second.
#include "server/wire/frame.h"

#include <benchmark/benchmark.h>

namespace {

using namespace drydock;

constexpr int k_frames = 64;

Bytes many_reports() {
    Bytes bytes;
    for (std::uint16_t id = 1; id <= k_frames; ++id) {
        wire::append_fields(bytes, wire::Command::hardware, id, {"vw", "4", "21.5"});
    }
    return bytes;
}

void decode_reports(benchmark::State& state) {
    Bytes const bytes = many_reports();
    for (auto _ : state) {
        BytesView rest(bytes);
        while (!rest.empty()) {
            auto const step = wire::decode(rest, wire::k_body_bytes);
            benchmark::DoNotOptimize(step.frame.message_id);
            rest = rest.subspan(step.consumed);
        }
    }
    state.SetItemsProcessed(state.iterations() * k_frames);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(decode_reports);

void encode_report(benchmark::State& state) {
    Bytes out;
    for (auto _ : state) {
        out.clear();
        wire::append_fields(out, wire::Command::hardware, 7, {"vw", "4", "21.5"});
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_report);

void encode_response(benchmark::State& state) {
    Bytes out;
    for (auto _ : state) {
        out.clear();
        wire::append_response(out, 7, wire::Status::ok);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_response);

}  // namespace

// The figures of this process, for the page of figures.
#pragma once

#include <cstdint>

namespace drydock {

class OpenMetrics;

class ProcessMetrics {
public:
    // Keeps its file open: a full descriptor table must not make the figures of it unreadable.
    ProcessMetrics();
    ~ProcessMetrics();
    ProcessMetrics(ProcessMetrics const&) = delete;
    ProcessMetrics& operator=(ProcessMetrics const&) = delete;

    void write(OpenMetrics& page) const;

private:
    [[nodiscard]] std::uint64_t resident_bytes() const;
    int statm_;
};

}  // namespace drydock

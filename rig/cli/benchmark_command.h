// `drydock benchmark …`.
#pragma once

namespace CLI {
class App;
}

namespace drydock::rig {

// Adds the command; when it was given, `code` becomes its exit code.
void add_benchmark(CLI::App& app, int& code);

}  // namespace drydock::rig

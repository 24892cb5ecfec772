"""The tidy test can fail: one violation of each rule is planted in a small clean tree and must be found."""
import subprocess
import sys
import tempfile
from pathlib import Path

import tidy_test

LONG_BODY = "".join(f"    total += {number};\n" for number in range(70))

CLEAN = {
    "server/README.md": "# server\n\nSee [base](base/README.md) and `server/base/clean.h`.\n",
    "server/base/README.md": "# base\n",
    "server/net/README.md": "# net\n",
    "server/base/CMakeLists.txt": "drydock_library(drydock_base SOURCES clean.cpp)\n",
    "server/net/CMakeLists.txt": "drydock_library(drydock_net SOURCES stream.cpp USES drydock_base PRIVATE Ssl)\n",
    "server/base/clean.h": "// A header.\n#pragma once\n\nint clean(int value);\n",
    "server/net/stream.h": "#pragma once\nusing Ready = boost::asio::any_completion_handler<void()>;\n",
    "server/base/clean.cpp": (
        '#include "server/base/clean.h"\n\n'
        "// The words std::thread, getenv and sleep_for in a comment are no call.\n"
        'char const* k_text = "std::random_device, printf(\\"x\\")";\n'
        "Thing::Thing() : a_{1}, b_{20'000} {}\n"
        "int clean(int value) { return value; }\n"
    ),
    "server/net/stream.cpp": (
        '#include "server/base/clean.h"\n#include "server/net/stream.h"\n'
        "awaitable<void> fine(int flag) {\n"
        "    auto work = [flag] { return flag; };\n"
        "    auto const got = co_await run(std::move(work), flag ? 1 : 2);\n"
        "    if (co_await other(got[flag])) { co_return flag ? 1 : 2; }\n"
        "    Ready stored = std::move(given);\n"
        "}\n"
    ),
    "tests/README.md": "# tests\n",
    "tests/base/CMakeLists.txt": "drydock_test(base_test SOURCES base_test.cpp)\n",
    "tests/base/base_test.cpp": 'TEST_CASE("it is clean", "[base][GEN-01][E15][CWE-444]") {}\n',
    "scenarios/README.md": "# scenarios\n",
    "scenarios/one.scenario.yaml": "drydock: 1\nsteps:\n  - {id: mint, covers: [GEN-01]}\n",
    "reports/README.md": "# reports\n",
    "reports/requirements.yaml": '- {id: GEN-01, level: must, text: "n tokens"}\n',
}

CODE, NET = "server/base/clean.cpp", "server/net/stream.cpp"

# rule, file, text added to its end (or the whole of a new file), words of the message.
PLANTED = [
    ("layers", CODE, '#include "server/net/stream.h"\n', "may not include server/net"),
    ("layers", "sim/device/x.cpp", '#include "server/domain/store.h"\n', "may not include server/domain"),
    ("layers", "server/attic/x.h", "#pragma once\n", "give server/attic a row"),
    ("layers", "server/base/CMakeLists.txt", "drydock_library(drydock_more USES drydock_net)\n", "may not link"),
    ("clock", CODE, "auto t = std::chrono::steady_clock::now();\n", "ask the Clock"),
    ("clock", CODE, "boost::asio::steady_timer timer_;\n", "ask the Clock"),
    ("random", CODE, "std::random_device device;\n", "draw from Random"),
    ("random", CODE, "int i = rand();\n", "draw from Random"),
    ("random", CODE, "std::uniform_int_distribution<int> d;\n", "draw from Random"),
    ("thread", CODE, "std::jthread t;\n", "Offload"),
    ("environment", CODE, 'auto home = std::getenv("HOME");\n', "composition root"),
    ("sleep", CODE, "void f() { std::this_thread::sleep_for(1s); }\n", "wait on the Clock"),
    ("detached", CODE, "void f() { co_spawn(loop, run(), boost::asio::detached); }\n", "spawn()"),
    ("detached", CODE, "void f() { worker_thread_.detach(); }\n", "spawn()"),
    ("print", CODE, 'void f() { std::printf("x"); }\n', "only mains print"),
    ("tell", CODE, 'void f() { fmt::print(stderr, "x"); }\n', "must not end a run"),
    ("print", CODE, "void f() { std::cout << 1; }\n", "only mains print"),
    ("coroutine", NET, "void f() { co_await g([x] { return x; }); }\n", "name the lambda"),
    ("coroutine", NET, "void f() { co_await [x]() -> awaitable<void> {}(); }\n", "name the lambda"),
    ("coroutine", NET, "void f() { auto a = b ? co_await g() : h(); }\n", "'?:'"),
    ("coroutine", NET, "void f() { auto a = (co_await g()) ? h() : i(); }\n", "'?:'"),
    ("coroutine", NET, "void f() { co_await g({.name = x}); }\n", "braced temporary"),
    ("coroutine", NET, "void f() { co_await g(Options{.name = x}); }\n", "braced temporary"),
    ("coroutine", NET, "void f(Ready ready) { it->ready = std::move(ready); }\n", "never move-assigned"),
    ("long", CODE, "// line\n" * 400, "the file has"),
    ("long", CODE, "int f() {\n    int total = 0;\n" + LONG_BODY + "    return total;\n}\n", "the function has 74"),
    ("long", CODE, "Thing::Thing() : a_{1}, b_{2} {\n" + LONG_BODY + "}\n", "the function has 72"),
    ("long", "tests/long.py", "def f(total):\n" + LONG_BODY.replace(";", ""), "the function has 71"),
    ("width", CODE, "// " + "x" * 120 + "\n", "123 columns"),
    ("page", "server/wire/CMakeLists.txt", "drydock_library(drydock_wire)\n", "write the page"),
    ("page", "fixtures/bytes/a.hex", "00\n", "write the page"),
    ("requirement", "scenarios/one.scenario.yaml", "  - {id: two, covers: [GEN-99]}\n", "GEN-99"),
    ("requirement", "tests/base/base_test.cpp", 'TEST_CASE("x", "[base][QR-77]") {}\n', "QR-77"),
    ("covers", "scenarios/two.scenario.yaml", "drydock: 1\n", "covers"),
    ("marker", CODE, "// TO" + "DO later\n", "do it now"),
    ("header", "server/base/bare.h", "int bare();\n", "#pragma once"),
    ("unbuilt", "server/base/lost.cpp", "int lost();\n", "name it in"),
    ("link", "server/README.md", "[gone](base/gone.md)\n", "server/base/gone.md does not exist"),
    ("link", "server/README.md", "`server/base/gone.h`\n", "server/base/gone.h does not exist"),
]

EXCUSED = [
    (CODE, "// tidy: thread because the test says so.\nstd::jthread t;\n"),
    (CODE, "// tidy: long because it is one table.\nint f() {\n" + LONG_BODY + "}\n"),
]


def findings_with(name=None, addition=""):
    with tempfile.TemporaryDirectory(prefix="drydock-tidy-") as folder:
        root = Path(folder)
        texts = dict(CLEAN)
        if name is not None:
            texts[name] = texts.get(name, "") + addition
        for one, text in texts.items():
            (root / one).parent.mkdir(parents=True, exist_ok=True)
            (root / one).write_text(text, encoding="utf-8")
        return tidy_test.findings_in(root)[1]


def check_program(failures):
    """The program itself says where, and ends with 1."""
    with tempfile.TemporaryDirectory(prefix="drydock-tidy-") as folder:
        (Path(folder) / "bare.h").write_text("int bare();\n", encoding="utf-8")
        command = [sys.executable, "-B", tidy_test.__file__, folder]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 1 or "bare.h:1: header: " not in result.stdout:
            failures.append(f"the program answers {result.returncode}: {result.stdout}{result.stderr}")


def main():
    failures = []
    if clean := findings_with():
        failures.append(f"the clean tree has findings: {clean}")
    for rule, name, addition, words in PLANTED:
        found = findings_with(name, addition)
        if not any(one[2] == rule and words in one[3] for one in found):
            failures.append(f"not found: {rule} in {name}: {addition[:60]!r}; found {found}")
    for name, addition in EXCUSED:
        if found := findings_with(name, addition):
            failures.append(f"an excuse was not taken: {found}")
    known = tidy_test.ROOMS["server/net"]
    known.append("server/http")
    if not any("uses itself" in one[3] for one in findings_with()):
        failures.append("a cycle between rooms was not found")
    known.pop()
    untested = {row[0] for row in tidy_test.BANNED} - {row[0] for row in PLANTED}
    if untested:
        failures.append(f"no violation is planted for {sorted(untested)}")
    check_program(failures)
    print("\n".join(failures) or f"{len(PLANTED)} planted violations found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""What review should not have to look for: layers, banned calls, coroutine traps, sizes, room pages, ids, links.

    tidy_test.py [ROOT]      prints every finding as `file:line: rule: what to do`; exit 1 when there is one

A line may stand out when it says why: `// tidy: RULE because …` on the line or on the line above it
(for `long`: above the function, or in the first ten lines of the file).
"""
import ast
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import cpp_shapes

LINES_PER_FILE_MAX = 400
LINES_PER_FUNCTION_MAX = 60
COLUMNS_MAX = 120

# Which room may include which. A room may always include itself; tests may include everything.
# The simulator enters only base, net, wire and token of the server, so that it cannot share its opinions.
ROOMS = {
    "server/base": [],
    "server/net": ["server/base"],
    "server/wire": ["server/base"],
    "server/token": ["server/base"],
    "server/domain": ["server/base", "server/token"],
    "server/store": ["server/base", "server/domain"],
    "server/device": ["server/base", "server/net", "server/wire", "server/token", "server/domain"],
    "server/http": ["server/base", "server/net", "server/token", "server/domain"],
    "server/app": [
        "server/base", "server/net", "server/token", "server/domain", "server/store", "server/device", "server/http",
    ],
    "sim/world": ["server/base"],
    "sim/link": ["server/base", "server/net", "sim/world"],
    "sim/device": ["server/base", "server/net", "server/wire", "server/token"],
    "sim/phone": ["server/base", "server/net", "server/token"],
    "sim/fleet": [
        "server/base", "server/net", "server/wire", "server/token", "sim/world", "sim/link", "sim/device",
    ],
    "sim/flood": ["server/base", "server/net", "sim/fleet"],
    "reports/model": [],
    "reports/read": ["reports/model"],
    "reports/write": ["server/base", "reports/model"],
    "rig/scenario": ["server/base", "sim/link", "sim/device", "sim/fleet", "reports/model", "reports/write"],
    "rig/bench": ["server/base", "server/net", "server/token", "server/store", "server/app", "sim/world", "sim/link"],
    "rig/benchmark": [
        "server/base", "server/net", "server/wire", "server/token", "server/domain", "server/store", "server/http",
        "server/app", "sim/device", "sim/fleet", "sim/flood", "sim/phone", "rig/bench",
    ],
    "rig/record": ["server/base", "sim/fleet", "reports/model", "reports/write"],
    "rig/load": [
        "server/base", "server/net", "server/token", "server/domain", "server/store", "server/http", "server/app",
        "sim/world", "sim/link", "sim/device", "sim/fleet", "sim/phone", "reports/model",
        "rig/scenario", "rig/bench", "rig/benchmark", "rig/record",
    ],
    "rig/run": [
        "server/base", "reports/model", "reports/write", "sim/device", "sim/phone", "rig/scenario", "rig/bench",
    ],
    "rig/verbs": [
        "server/base", "server/wire", "sim/device", "sim/phone", "rig/scenario", "rig/bench", "rig/run",
    ],
    "rig/links": ["server/base", "sim/link"],
    "rig/web": ["server/base", "server/net", "reports/model", "reports/write"],
    "rig/cli": [
        "server/base", "server/net", "server/app", "sim/fleet", "reports/model", "reports/read", "reports/write",
        "rig/scenario", "rig/bench", "rig/benchmark", "rig/links", "rig/record", "rig/load", "rig/run", "rig/verbs",
        "rig/web",
    ],
}  # fmt: skip

# rule, what is banned, where it is allowed (path beginnings), what to do instead.
BANNED = [
    (
        "clock",
        r"\b(?:steady|system|high_resolution)_clock::now\b|\bclock_gettime\b|\bgettimeofday\b|\bstd::time\s*\("
        r"|\b(?:steady|system)_timer\b",
        [
            "server/base/real_clock.cpp",
            "rig/cli/",
            "rig/bench/daemon_process.cpp",
            "rig/bench/process_end.h",
            "rig/load/shared_time.h",
            "tests/benchmark/",
        ],
        "ask the Clock that was handed down",
    ),
    (
        "random",
        r"(?<![\w.:>])s?rand\s*\(|\bstd::s?rand\b|\brandom_device\b|\bmt19937"
        r"|\bstd::\w+_distribution\b|\bstd::shuffle\b",
        [],
        "draw from Random or Entropy: a seed must give the same run with every library",
    ),
    (
        "thread",
        r"\bstd::j?thread\b(?!::)|\bstd::async\b|\bpthread_create\b",
        ["server/base/offload.cpp", "server/store/commit_queue.cpp", "rig/web/live_server.cpp", "tests/benchmark/"],
        "give the work to Offload or to the commit queue",
    ),
    (
        "environment",
        r"\b(?:secure_)?getenv\b|\b(?:set|put|unset)env\b",
        ["server/app/", "rig/cli/", "tests/"],
        "take it as a setting from the composition root",
    ),
    (
        "sleep",
        r"\bthis_thread::sleep_|\bu?sleep\s*\(|\bnanosleep\s*\(|\bsleep_for\s*\(",
        ["rig/bench/daemon_process.cpp", "rig/bench/process_end.h", "rig/benchmark/peers.cpp"],
        "wait on the Clock, or for the event itself",
    ),
    (
        "detached",
        r"\bdetached\b|\b\w*thread\w*(?:\.|->)detach\s*\(\s*\)",
        [],
        "use spawn(), which names what it runs and reports exceptions",
    ),
    (
        "tell",
        r"\bfmt::print\s*\(\s*stderr\b",
        ["tests/"],
        "tell() it: a closed pipe must not end a run",
    ),
    (
        "print",
        r"\b(?:v?f?printf|puts|fputs|putchar)\s*\(|\bstd::(?:cout|cerr|clog)\b|\bfmt::print\b",
        ["rig/cli/", "server/app/", "server/base/check.cpp", "server/base/spawn.cpp", "tests/"],
        "return the text or write to the event log; only mains print",
    ),
]

TOP_PAGES = ["server", "sim", "rig", "reports", "scenarios", "fixtures", "tests"]
ROOM_FOLDERS = ("server/", "sim/", "rig/", "reports/")
NOT_ROOMS = {"server/cmake"}
SIZED = (".h", ".cpp", ".py", ".cjs", ".sh", ".cmake", "CMakeLists.txt")
MARKERS = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
REQUIREMENT = re.compile(r"\b(?!CWE-)[A-Z]+-\d+\b")
SKIPPED_FOLDERS = {".git", "build", "out", "node_modules", "__pycache__", ".cache"}


class Tree:
    """The sources below a root, read once, and what was found in them."""

    def __init__(self, root):
        self.root = root
        self.names = sorted(name for name in self.list_names() if (root / name).is_file())
        self.texts, self.codes, self.findings = {}, {}, []
        for name in self.names:
            try:
                self.texts[name] = (root / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # pictures and other bytes
            if name.endswith((".h", ".cpp")):
                self.codes[name] = cpp_shapes.code_of(self.texts[name])

    def list_names(self):
        if (self.root / ".git").exists():
            command = ["git", "-c", "safe.directory=*", "-C", str(self.root), "ls-files", "-z"]
            listed = subprocess.run(command, capture_output=True, text=True, check=False)
            if listed.returncode == 0:
                return [name for name in listed.stdout.split("\0") if name]
        paths = (path.relative_to(self.root) for path in self.root.rglob("*"))
        return [path.as_posix() for path in paths if not SKIPPED_FOLDERS & set(path.parts)]

    def complain(self, name, line, rule, what):
        lines = self.texts.get(name, "").splitlines()
        excuse = f"tidy: {rule} because "
        if any(excuse in text for text in lines[max(0, line - 2) : line]):
            return
        self.findings.append((name, line, rule, what))


def room_of(name):
    return posixpath.dirname(name)


def check_layers(tree):
    for room, used in ROOMS.items():
        if any(other not in ROOMS for other in used):
            tree.complain("tests/tidy/tidy_test.py", 1, "layers", f"the row of {room} names an unknown room")
    for room in ROOMS:
        seen, open_rooms = set(), list(ROOMS[room])
        while open_rooms:
            other = open_rooms.pop()
            if other not in seen:
                seen.add(other)
                open_rooms += ROOMS.get(other, [])
        if room in seen:
            tree.complain("tests/tidy/tidy_test.py", 1, "layers", f"{room} uses itself through other rooms")
    for name in tree.codes:
        room = room_of(name)
        if not name.startswith(ROOM_FOLDERS):
            continue
        if room not in ROOMS:
            tree.complain(name, 1, "layers", f"give {room} a row in ROOMS of tests/tidy/tidy_test.py")
            continue
        for line, text in enumerate(tree.texts[name].splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', text)
            if match is None:
                continue
            other = room_of(match.group(1))
            if other != room and other not in ROOMS[room]:
                tree.complain(name, line, "layers", f"{room} may not include {other or match.group(1)}")
    check_link_rules(tree)


def check_link_rules(tree):
    """USES in a room's CMakeLists.txt may name only rooms that its row names."""
    target_rooms, uses = {}, []
    for name, text in tree.texts.items():
        if posixpath.basename(name) != "CMakeLists.txt" or not name.startswith(ROOM_FOLDERS):
            continue
        for match in re.finditer(r"^drydock_(?:library|executable)\(\s*(\w+)([^)]*)\)", text, re.MULTILINE):
            target_rooms[match.group(1)] = room_of(name)
            used = re.search(r"\bUSES\s+((?:\w+\s*)+?)(?:PRIVATE\b|SOURCES\b|$)", match.group(2).strip())
            line = text.count("\n", 0, match.start()) + 1
            uses.append((name, line, used.group(1).split() if used else []))
    for name, line, targets in uses:
        room = room_of(name)
        for target in targets:
            other = target_rooms.get(target)
            if other is None:
                tree.complain(name, line, "layers", f"USES names {target}, which no room builds")
            elif other != room and other not in ROOMS.get(room, []):
                tree.complain(name, line, "layers", f"{room} may not link {target} of {other}")


def check_banned_calls(tree):
    for name, code in tree.codes.items():
        for rule, pattern, allowed, advice in BANNED:
            if name.startswith(tuple(allowed)):
                continue
            for match in re.finditer(pattern, code):
                what = f"'{match.group().strip(' (')}' does not belong here: {advice}"
                tree.complain(name, cpp_shapes.line_at(code, match.start()), rule, what)


def check_coroutines(tree):
    aliases = set().union(*(cpp_shapes.handler_aliases(code) for code in tree.codes.values()))
    room_names = {}
    for name, code in tree.codes.items():
        room_names.setdefault(room_of(name), set()).update(cpp_shapes.handler_names(code, aliases))
    for name, code in tree.codes.items():
        found = cpp_shapes.coroutine_shapes(code) + cpp_shapes.handler_assignments(code, room_names[room_of(name)])
        for line, what in found:
            tree.complain(name, line, "coroutine", what)


def check_sizes(tree):
    excuse = "tidy: long because "
    split, or_say = "split it, at most", "or say 'tidy: long because …'"
    for name, text in tree.texts.items():
        if not name.endswith(SIZED):
            continue
        lines = text.splitlines()
        for line, one in enumerate(lines, 1):
            if len(one) > COLUMNS_MAX:
                tree.complain(name, line, "width", f"{len(one)} columns: at most {COLUMNS_MAX}")
        if len(lines) > LINES_PER_FILE_MAX and not any(excuse in one for one in lines[:10]):
            tree.complain(name, 1, "long", f"the file has {len(lines)} lines: {split} {LINES_PER_FILE_MAX}, {or_say}")
        for first, opened, count in functions_of(tree, name):
            if not any(excuse in one for one in lines[max(0, first - 2) : opened]):
                what = f"the function has {count} lines: {split} {LINES_PER_FUNCTION_MAX}, {or_say}"
                tree.complain(name, first, "long", what)


def functions_of(tree, name):
    if name in tree.codes:
        return cpp_shapes.long_functions(tree.codes[name], LINES_PER_FUNCTION_MAX)
    if not name.endswith(".py"):
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(tree.texts[name])) if isinstance(node, kinds)]
    sizes = [(node.lineno, node.body[0].lineno, node.end_lineno - node.lineno + 1) for node in functions]
    return [one for one in sizes if one[2] > LINES_PER_FUNCTION_MAX]


def check_room_pages(tree):
    rooms = {room_of(name) for name in tree.names if name.startswith(ROOM_FOLDERS)}
    rooms = {room for room in rooms if any(holds_sources(name, room) for name in tree.names)} - NOT_ROOMS
    for room in sorted(rooms | {top for top in TOP_PAGES if (tree.root / top).is_dir()}):
        if f"{room}/README.md" not in tree.texts:
            tree.complain(f"{room}/README.md", 1, "page", "write the page of this room")


def holds_sources(name, room):
    return room_of(name) == room and name.endswith((".h", ".cpp", "CMakeLists.txt"))


def check_requirements(tree):
    catalogue = tree.texts.get("reports/requirements.yaml", "")
    known = set(re.findall(r"\bid:\s*([A-Z]+-\d+)", catalogue))
    for name, text in tree.texts.items():
        if name.endswith(".scenario.yaml") and not name.startswith("scenarios/bad/"):
            if not re.search(r"\bcovers:\s*\[\s*\w", text):
                tree.complain(name, 1, "covers", "say which requirements this scenario shows: covers: [ID]")
            pattern = r"(?:\bcovers:\s*\[|^#\s*[Cc]overs:)([^\]\n]*)"
        elif name.startswith("tests/") and name in tree.codes:
            pattern = r'"((?:\[[^\]\n"]+\])+)"'
        else:
            continue
        for line, one in enumerate(text.splitlines(), 1):
            used = [identity for group in re.findall(pattern, one) for identity in REQUIREMENT.findall(group)]
            for identity in sorted(set(used) - known):
                tree.complain(name, line, "requirement", f"{identity} is not in reports/requirements.yaml")


def check_markers(tree):
    for name, text in tree.texts.items():
        for line, one in enumerate(text.splitlines(), 1) if MARKERS.search(text) else []:
            if MARKERS.search(one):
                tree.complain(name, line, "marker", "do it now, or write it down in the README")


def check_build_lists(tree):
    built = set()
    for name, text in tree.texts.items():
        if name.endswith(("CMakeLists.txt", ".cmake")):
            text = text.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
            for source in re.findall(r"[^\s()\";]+\.cpp\b", text):
                path = source.replace("${CMAKE_SOURCE_DIR}/", "/")
                built.add(path[1:] if path[0] == "/" else posixpath.normpath(posixpath.join(room_of(name), path)))
    for name in tree.codes:
        if name.endswith(".h") and not re.search(r"^#pragma once$", tree.texts[name], re.MULTILINE):
            tree.complain(name, 1, "header", "begin the header with #pragma once")
        if name.endswith(".cpp") and name not in built:
            tree.complain(name, 1, "unbuilt", "name it in the CMakeLists.txt of its folder, or delete it")


def check_links(tree):
    for name, text in tree.texts.items():
        if not name.endswith(".md"):
            continue
        for line, one in enumerate(text.splitlines(), 1):
            links = [link for link in re.findall(r"\]\(([^)\s]+)\)", one) if not re.match(r"[a-z]+:|#", link)]
            targets = [posixpath.normpath(posixpath.join(room_of(name), link.split("#")[0])) for link in links]
            targets += re.findall(rf"`((?:{'|'.join(TOP_PAGES)})/[\w./-]*\w)/?`", one)
            for target in targets:
                if not (tree.root / target).exists():
                    tree.complain(name, line, "link", f"{target} does not exist")


RULES = [
    check_layers, check_banned_calls, check_coroutines, check_sizes, check_room_pages, check_requirements,
    check_markers, check_build_lists, check_links,
]  # fmt: skip


def findings_in(root):
    tree = Tree(root)
    for rule in RULES:
        rule(tree)
    return tree, sorted(tree.findings)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    tree, findings = findings_in(root)
    for name, line, rule, what in findings:
        print(f"{name}:{line}: {rule}: {what}")
    print(f"{len(tree.names)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

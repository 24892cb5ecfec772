"""The committed references are what the binary prints: rig/docs/verbs.md (`drydock verbs`), rig/docs/metrics.md
(`drydock metrics`) and rig/docs/scenario-1.json (`drydock schema`, with its members on lines of their own).

    reference_test.py BINARY SOURCE           exit 1 and the first difference when a file is behind
    reference_test.py BINARY SOURCE --write   makes the files
"""
import argparse
import difflib
import json
import os
import subprocess
import sys


def printed(binary, *words):
    return subprocess.run([binary, *words], capture_output=True, text=True, check=True, timeout=60).stdout


def references(binary):
    schema = json.loads(printed(binary, "schema"))
    return {
        "rig/docs/verbs.md": printed(binary, "verbs"),
        "rig/docs/metrics.md": printed(binary, "metrics"),
        "rig/docs/scenario-1.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("source")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    behind = 0
    for name, wanted in references(arguments.binary).items():
        path = os.path.join(arguments.source, name)
        if arguments.write:
            with open(path, "w") as file:
                file.write(wanted)
            continue
        found = ""
        if os.path.exists(path):
            with open(path) as file:
                found = file.read()
        if found != wanted:
            behind += 1
            lines = difflib.unified_diff(found.splitlines(), wanted.splitlines(), name, "as printed", lineterm="")
            print("\n".join(list(lines)[:20]))
            print(f"{name} is behind: run tests/cli/reference_test.py {arguments.binary} {arguments.source} --write")
    if not arguments.write:
        print("all passed" if behind == 0 else f"{behind} behind")
    sys.exit(1 if behind else 0)


main()

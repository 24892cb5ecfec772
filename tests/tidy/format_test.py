"""Every C++ source is as clang-format-16 writes it. Skipped (exit 77) only where clang-format-16 is absent."""
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tidy_test import Tree

FORMATTER = "clang-format-16"


def main():
    root = Path(sys.argv[1]).resolve()
    if shutil.which(FORMATTER) is None:
        print(f"skipped: there is no {FORMATTER} here; .ci/install lint brings it")
        return 77
    names = sorted(Tree(root).codes)
    workers = os.cpu_count() or 1
    parts = [part for part in (names[number::workers] for number in range(workers)) if part]

    def judge(part):
        command = [FORMATTER, "--dry-run", "-Werror", *part]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(judge, parts))
    sys.stdout.write("".join(result.stderr for result in results))
    if any(result.returncode != 0 for result in results):
        print(f"not formatted: run {FORMATTER} -i on the files named above")
        return 1
    print(f"{len(names)} sources are formatted")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m bench [SUBJECT…]``: measure and print tables."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
from pathlib import Path

from bench.disk import fresh_disk
from bench.frame import Bench, machine

HERE = Path(__file__).parent
FRAME = {"__init__", "__main__", "frame", "disk", "http", "peers"}
SUBJECTS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in FRAME)


def main() -> None:
    """Parse arguments, run the subjects, write ``bench/results/<subject>.json``."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}; default: all"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases with TEXT in their name")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, to see that it runs")
    parser.add_argument(
        "--disk", type=Path, metavar="DIR", help="work below DIR instead of on a disk of its own"
    )
    options = parser.parse_args()
    unknown = set(options.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f"unknown subject {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    for subject in options.subjects or SUBJECTS:
        with fresh_disk(options.disk) as (folder, kind):
            print(f"\n{subject}: {machine()}, {kind}, Python {platform.python_version()}\n", flush=True)
            bench = Bench(folder, rounds=options.rounds, only=options.only, quick=options.quick)
            importlib.import_module(f"bench.{subject}").run(bench)
        bench.finish()
        results = HERE / "results"
        results.mkdir(exist_ok=True)
        (results / f"{subject}.json").write_text(json.dumps(bench.to_json(kind), indent=2) + "\n")


if __name__ == "__main__":
    main()

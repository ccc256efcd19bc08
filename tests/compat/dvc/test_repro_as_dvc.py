"""The same pipelines run by the real dvc and by padauk leave the same bytes."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.compat

PIPELINE = """\
    # a person's comment
    stages:
      prep:
        cmd: mkdir -p prep && cp data/* prep/
        deps: [data]
        outs: [prep]
      train:
        cmd:
        - cat prep/* > model
        - printf '{"acc":0.9,"sub":{"x":1e-5}}' > metrics.json
        - echo 'x,y' > curve.csv
        deps: [prep, code.py]
        params:
        - train
        - count
        - conf.json:
          - opt.name
        - more.toml:
        outs: [model]
        metrics:
        - metrics.json:
            cache: false
        plots:
        - curve.csv:
            x: x
      long:
        cmd: echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbb ccccc > l
        wdir: sub
        deps: [../model]
        params: [lr]
        outs:
        - l:
            desc: the long one
    """


def files(root: Path) -> None:
    (root / "dvc.yaml").write_text(textwrap.dedent(PIPELINE))
    (root / "params.yaml").write_text(
        'train:\n  lr: 1e-5\n  name: "007"\n  none: null\n  list: [1, 2.5, a]\n  yes: no\ncount: 10\n'
    )
    (root / "sub").mkdir()
    (root / "sub" / "params.yaml").write_text("lr: 0.1\n")
    (root / "conf.json").write_text('{"opt": {"name": "ädam", "x": 1}}')
    (root / "more.toml").write_text('title = "t"\n[sec]\nv = 1.5\n')
    (root / "data").mkdir()
    (root / "data" / "a").write_text("a\n")
    (root / "data" / "b").write_text("b\n")
    (root / "code.py").write_text("code\n")
    (root / "code.py").chmod(0o755)


def append(name: str, text: str) -> Callable[[Path], object]:
    def work(root: Path) -> None:
        with (root / name).open("a") as file:
            file.write(text)

    return work


def replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    def work(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))

    return work


def remove(name: str) -> Callable[[Path], object]:
    def work(root: Path) -> None:
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return work


def test_first_run_leaves_the_same_bytes(twins) -> None:
    twins.change(files)
    twins.both("repro", "-P")
    twins.assert_same()
    assert twins.dvc(twins.ours, "status").out.strip() == "Data and pipelines are up to date."
    assert "Up to date" in twins.padauk(twins.theirs, "repro").out


CHANGES = {
    "a file in a folder": append("data/a", "more\n"),
    "a file": append("code.py", "more\n"),
    "a parameter": replace("params.yaml", "count: 10", "count: 11"),
    "a nested parameter": replace("params.yaml", "lr: 1e-5", "lr: 2e-5"),
    "a parameter that no stage names": replace("conf.json", '"x": 1', '"x": 2'),
    "a file taken whole": replace("more.toml", "1.5", "2.5"),
    "the command": replace("dvc.yaml", "echo aaaa", "echo zzzz"),
    "parameters below the working folder": replace("sub/params.yaml", "0.1", "0.2"),
    "an output gone": remove("model"),
    "a folder gone": remove("prep"),
    "an output edited": append("metrics.json", " "),
    "a new stage": append("dvc.yaml", "  new:\n    cmd: echo 1 > new\n    deps: [sub/l]\n    outs: [new]\n"),
    "a stage that always runs": replace(
        "dvc.yaml", "outs: [model]", "outs: [model]\n    always_changed: true"
    ),
}


def test_changes_run_the_same_stages(twins) -> None:
    """One change after the other: both run the same stages, and leave the same bytes."""
    twins.change(files)
    twins.both("repro")
    for name, change in CHANGES.items():
        twins.change(change)
        theirs = twins.dvc(twins.theirs, "repro")
        ours = twins.padauk(twins.ours, "repro", "--json")
        ran = {one["stage"] for one in ours.json()["stages"] if one["outcome"] == "finished"}
        stages = ("prep", "train", "long", "new")
        assert ran == {stage for stage in stages if f"Running stage '{stage}'" in theirs.out}, name
        twins.assert_same()


def test_run_cache_goes_both_ways(twins) -> None:
    twins.change(files)
    twins.both("repro")
    twins.change(append("data/a", "more\n"))
    twins.both("repro")
    for run, other in ((twins.padauk, twins.theirs), (twins.dvc, twins.ours)):
        (other / "data" / "a").write_text("a\n")
        said = run(other, "repro", check=True).out
        assert "restored" in said or "is cached - skipping run" in said
        assert "Running stage" not in said
    twins.assert_same()


def test_parameter_named_size_is_not_mixed_up(twins) -> None:
    """DVC's run cache leaves out every key named ``size``: it restores the outputs of another value."""

    def pipeline(root: Path) -> None:
        (root / "params.yaml").write_text("size: 1\n")
        (root / "dvc.yaml").write_text(
            "stages:\n  s:\n    cmd: cp params.yaml out\n    params: [size]\n    outs: [out]\n"
        )

    pipeline(twins.ours)
    twins.padauk(twins.ours, "repro")
    (twins.ours / "params.yaml").write_text("size: 2\n")
    twins.padauk(twins.ours, "repro")
    assert (twins.ours / "out").read_text() == "size: 2\n"
    (twins.ours / "params.yaml").write_text("size: 1\n")
    assert "restored" in twins.padauk(twins.ours, "repro").out
    assert (twins.ours / "out").read_text() == "size: 1\n"


FLAGS = [
    ("repro", "train"),
    ("repro", "-s", "long"),
    ("repro", "--force"),
    ("repro", "--downstream", "train"),
    ("repro", "-p", "prep"),
    ("repro", "--no-run-cache", "train"),
    ("repro", "--no-commit"),
    ("repro", "dvc.yaml:train"),
    ("repro", "--glob", "tr*"),
    ("repro", "-R", "."),
    ("repro", "--force-downstream"),
]


def test_flags_leave_the_same_bytes(twins) -> None:
    twins.change(files)
    for args in FLAGS:
        twins.change(append("data/a", f"{args}\n"))
        twins.both(*args)
        twins.assert_same()


def test_failure_keeps_what_finished(twins) -> None:
    def pipeline(root: Path) -> None:
        (root / "in").write_text("1\n")
        (root / "dvc.yaml").write_text(
            textwrap.dedent("""\
                stages:
                  good: {cmd: cp in good, deps: [in], outs: [good]}
                  bad: {cmd: "false", deps: [good], outs: [bad]}
                  after: {cmd: cp bad after, deps: [bad], outs: [after]}
                  other: {cmd: cp in other, deps: [in], outs: [other]}
                """)
        )

    twins.change(pipeline)
    twins.both("repro", "-k", check=False)
    # dvc loses the .gitignore line of what finished; everything else is the same
    assert (
        not (twins.theirs / ".gitignore").exists() or "good" not in (twins.theirs / ".gitignore").read_text()
    )
    assert (twins.ours / ".gitignore").read_text() == "/good\n/other\n"
    assert (twins.ours / "dvc.lock").read_bytes() == (twins.theirs / "dvc.lock").read_bytes()


def test_frozen_and_persist(twins) -> None:
    def pipeline(root: Path) -> None:
        (root / "in").write_text("1\n")
        (root / "dvc.yaml").write_text(
            textwrap.dedent("""\
                stages:
                  log:
                    cmd: cat in >> log
                    deps: [in]
                    outs:
                    - log: {persist: true}
                  ice: {cmd: cp log ice, deps: [log], outs: [ice]}
                """)
        )

    twins.change(pipeline)
    twins.both("repro")
    twins.change(append("in", "2\n"))
    twins.both("repro")
    assert (twins.ours / "log").read_text() == "1\n1\n2\n"
    twins.assert_same()
    twins.change(append("dvc.yaml", "    frozen: true\n"))
    twins.change(
        replace(
            "dvc.yaml",
            "  ice: {cmd: cp log ice, deps: [log], outs: [ice]}\n    frozen: true",
            "  ice: {cmd: cp log ice, deps: [log], outs: [ice], frozen: true}",
        )
    )
    twins.change(append("in", "3\n"))
    twins.both("repro")
    twins.assert_same()


def test_pull_brings_what_is_missing(twins) -> None:
    """Outputs come from the remote without a run, even where what they were made from is not here."""

    def pipeline(root: Path) -> None:
        (root / "data").mkdir()
        (root / "data" / "a").write_text("1\n")
        (root / "dvc.yaml").write_text(
            "stages:\n"
            "  one: {cmd: cp data/a one, deps: [data], outs: [one]}\n"
            "  two: {cmd: cp one two, deps: [one], outs: [two]}\n"
        )

    twins.change(pipeline)
    twins.both("add", "-q", "data")
    twins.both("repro", "-q")
    for root in (twins.theirs, twins.ours):
        twins.dvc(root, "remote", "add", "-q", "-d", "far", str(root.parent / f"{root.name}-far"))
    twins.both("push", "-q")
    for name in ("data", "one", "two", ".dvc/cache"):
        twins.change(remove(name))
    said = twins.padauk(twins.ours, "repro", "--pull").out
    assert "> cp" not in said
    assert (twins.ours / "two").read_text() == "1\n"
    twins.change(append("dvc.yaml", "  three: {cmd: cp data/a three, deps: [data], outs: [three]}\n"))
    twins.padauk(twins.ours, "repro", "--pull")
    assert (twins.ours / "three").read_text() == "1\n"
    assert twins.dvc(twins.ours, "status").out.strip() == "Data and pipelines are up to date."


SCALARS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=90),
    st.sampled_from(
        ["yes", "1e3", "0o7", "null", "~", "- a", "a: b", "#", "'", '"', " x ", "1_000", "2020-01-01", "\n"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "yes", "x y", "ü", "1"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["lr", "on", "x-y", "Z", "é"]), VALUES, min_size=1, max_size=4))
def test_any_parameter_is_written_alike(dvc, padauk, tmp_path_factory, params) -> None:
    """dvc.lock holds parameter values verbatim: texts that look like numbers, long lines, nesting."""
    import json

    root = tmp_path_factory.mktemp("params")
    (root / "params.json").write_text(json.dumps(params))
    (root / "dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: echo 1 > out\n    params:\n    - params.json:\n    outs: [out]\n"
    )
    dvc(root, "init", "-q", "--no-scm")
    dvc(root, "repro", "-q")
    theirs = (root / "dvc.lock").read_bytes()
    (root / "dvc.lock").unlink()
    padauk(root, "repro")
    assert (root / "dvc.lock").read_bytes() == theirs
    assert dvc(root, "status").out.strip() == "Data and pipelines are up to date."

"""stage add, dag, metrics, params and templates beside the real dvc."""

from __future__ import annotations

import subprocess
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.compat


def commit(root: Path, message: str = "x") -> None:
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run(["git", "commit", "-qm", message], cwd=root, check=True)


STAGES = [
    [
        *("s1", "-d", "in", "-d", "./sub", "-p", "lr,b", "-p", "conf.json:a.b", "-o", "out", "-o", "x y"),
        *("-O", "un", "--outs-persist", "pp", "--outs-persist-no-cache", "ppn", "-m", "m1", "-M", "m2.json"),
        *("--plots", "p1", "--plots-no-cache", "p2", "--desc", "hello: world", "--always-changed"),
        *("echo", "hi there", ">", "out"),
    ],
    ["s2", "-w", "sub", "-d", "../in", "-o", "o2", "-p", "../params.yaml:", "cat ../in > o2"],
    ["s3", "-o", "sub/123", "-o", "'q'", "echo 1 && echo \"x\" | tee 'sub/123' \"'q'\""],
    ["s1", "-f", "-d", "in", "-o", "out", "echo short"],
    ["s1", "-d", "in", "-o", "out2", "echo taken"],
    ["bad.name", "-o", "q", "true"],
    ["ring", "-d", "sub/o2", "-o", "in", "true"],
    ["inside", "-o", "sub/o2/x", "true"],
    ["twice", "-o", "out", "true"],
    ["same", "-d", "z", "-o", "z", "true"],
    ["outside", "-o", "../elsewhere", "true"],
    ["nowhere", "-w", "missing", "-o", "z", "true"],
]


def test_stage_add_writes_the_same_file(twins) -> None:
    def files(root: Path) -> None:
        (root / "sub").mkdir()
        (root / "params.yaml").write_text("lr: 1\nb: 2\n")
        (root / "conf.json").write_text('{"a": {"b": 1}}')
        (root / "in").write_text("x\n")

    twins.change(files)
    for words in STAGES:
        twins.both("stage", "add", "-n", *words, check=False)
        twins.assert_same()
    theirs, ours = twins.both("stage", "list", "--name-only")
    assert ours.out.split() == theirs.out.split()


def test_stage_add_keeps_comments(twins) -> None:
    def files(root: Path) -> None:
        (root / "dvc.yaml").write_text(
            textwrap.dedent("""\
                # on top
                stages:
                  one:  # the first
                    cmd: echo 1 > one
                    outs:
                      - one:  # big
                          desc: kept
                          push: false
                    meta: {who: me}
                """)
        )

    twins.change(files)
    twins.both("stage", "add", "-n", "two", "-d", "one", "-o", "two", "cp one two")
    twins.assert_same()
    twins.both("stage", "add", "-f", "-n", "one", "-o", "one", "echo 2 > one")
    twins.assert_same()


def test_dag_has_the_same_nodes_and_arrows(twins) -> None:
    def files(root: Path) -> None:
        (root / "in").write_text("x\n")
        (root / "dvc.yaml").write_text(
            textwrap.dedent("""\
                stages:
                  late: {cmd: "true", deps: [mid, early], outs: [late]}
                  mid: {cmd: "true", deps: [early], outs: [mid]}
                  early: {cmd: "true", deps: [in], outs: [early]}
                  alone: {cmd: "true", outs: [alone]}
                  each:
                    foreach: [a, b]
                    do: {cmd: "true", deps: [mid], outs: ["each_${item}"]}
                """)
        )

    twins.change(files)
    twins.both("add", "in")
    for flags in (["--mermaid"], ["--md"], ["--mermaid", "mid"], ["--mermaid", "--full", "mid"]):
        theirs, ours = twins.both("dag", *flags)
        assert ours.out.strip() == theirs.out.strip(), flags
    for flags in (["--dot"], ["--dot", "-o"], ["--dot", "--collapse-foreach-matrix"], ["--dot", "each@a"]):
        theirs, ours = twins.both("dag", *flags)
        assert sorted(ours.out.split("\n")) == sorted(theirs.out.split("\n")), flags


def test_metrics_and_params_as_json(twins) -> None:
    def first(root: Path) -> None:
        (root / "params.yaml").write_text("lr: 0.1\nl: [1, 2]\nnest: {a: 1, b: x}\n")
        (root / "other.toml").write_text("[t]\nv = 1\n")
        (root / "vars.json").write_text('{"width": 3}')
        (root / "top.yaml").write_text("top: 1\n")
        (root / "dvc.yaml").write_text(
            textwrap.dedent("""\
                vars: [vars.json]
                metrics: [top.yaml]
                stages:
                  s:
                    cmd: echo ${width} && cp lr.json m.json && cp lr.json cached.json
                    deps: [lr.json]
                    params: [lr, nest.a, other.toml: [t.v]]
                    metrics:
                    - m.json: {cache: false}
                    - cached.json
                """)
        )
        (root / "lr.json").write_text('{"acc": 0.5, "t": "x", "n": null, "l": [1], "sub": {"e": 1e-7}}')

    twins.change(first)
    twins.both("repro")
    twins.change(commit)

    def second(root: Path) -> None:
        (root / "params.yaml").write_text("lr: 0.2\nl: [1, 3]\nnest: {a: 1, c: x}\n")
        (root / "vars.json").write_text('{"width": 4}')
        (root / "other.toml").write_text("[t]\nv = 2\n")
        (root / "lr.json").write_text('{"acc": 0.75, "t": "y", "sub": {"e": 1e-6, "f": 2, "g": true}}')

    twins.change(second)
    twins.both("repro")
    for args in (
        ["params", "diff"],
        ["params", "diff", "--all"],
        ["params", "diff", "--deps"],
        ["params", "diff", "--targets", "other.toml"],
        ["params", "diff", "HEAD", "HEAD"],
        ["metrics", "diff"],
        ["metrics", "diff", "--all"],
        ["metrics", "diff", "--targets", "m.json"],
        ["metrics", "show"],
        ["metrics", "show", "m.json"],
        ["metrics", "show", "-a"],
    ):
        theirs, ours = twins.both(*args, "--json")
        assert ours.json() == theirs.json(), args
    twins.change(commit)
    theirs, ours = twins.both("metrics", "diff", "HEAD~1", "--json")
    assert ours.json() == theirs.json()
    theirs, ours = twins.both("metrics", "show", "-a", "--json")
    assert ours.json() == theirs.json()
    # a table of the same cells
    for args in (["params", "diff", "HEAD~1", "--md"], ["metrics", "diff", "HEAD~1", "--md", "--no-path"]):
        theirs, ours = twins.both(*args)
        assert sorted(cells(ours.out)) == sorted(cells(theirs.out)), args


def cells(table: str) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line]
    return [row for row in rows if not row[0].startswith("--")]


TEMPLATES = """\
    vars:
    - extra.yaml:models,out
    - greeting: hello
      flags: {lr: 1e-5, deep: {er: x y}, on: true, off: false, many: [1, 2], none: null}
    stages:
      plain:
        cmd: echo ${greeting} \\${HOME} ${out.dir}/${out.names[1]} ${train.on} > ${out.dir}.txt
        params: [train]
        outs: ["${out.dir}.txt"]
      flags:
        cmd: echo ${flags} > flags.txt
        outs: [flags.txt]
      local:
        vars:
        - who: me
        - sub/more.json
        wdir: sub
        cmd: echo ${who} ${more} > l.txt
        outs: [l.txt]
      each:
        foreach: ${models}
        do:
          cmd: echo ${key} ${item.depth} > each_${key}
          outs: ["each_${key}"]
      list:
        foreach: [a, 1, true, 1.5]
        do:
          cmd: echo ${item} > list_${item}
          outs: ["list_${item}"]
      deep:
        foreach:
        - {n: 1}
        - {n: 2}
        do:
          cmd: echo ${item.n} > deep_${item.n}
          outs: ["deep_${item.n}"]
      grid:
        matrix:
          model: [x, y]
          size: ["${out.names[0]}", {big: 2}]
        cmd: echo ${item.model} ${key} > grid_${key}
        outs: ["grid_${key}"]
    """


def templated(root: Path) -> None:
    (root / "dvc.yaml").write_text(textwrap.dedent(TEMPLATES))
    (root / "params.yaml").write_text("train: {on: true, lr: 0.001}\n")
    (root / "extra.yaml").write_text(
        "models: {cnn: {depth: 3}, rnn: {depth: 4}}\nout: {dir: o, names: [first, second]}\nunused: 1\n"
    )
    (root / "sub").mkdir()
    (root / "sub" / "sub").mkdir()
    (root / "sub" / "sub" / "more.json").write_text('{"more": "and more"}')


def test_templates_resolve_alike(twins) -> None:
    twins.change(templated)
    theirs, ours = twins.both("stage", "list", "--name-only")
    assert ours.out.split() == theirs.out.split()
    twins.both("repro", "-q")
    twins.assert_same()
    for target in ("each", "grid@x-first", "dvc.yaml:list@1.5", "deep@0"):
        twins.both("repro", "-f", target)
        twins.assert_same()


WRONG = {
    "a: ${nothing}": "nothing is named",
    "a: ${greeting.x}": "nothing is named",
    "a: ${[}": "cannot read the expression",
    "a: ${out.names}": "a list cannot be put",
}


@pytest.mark.parametrize("text", WRONG)
def test_templates_that_do_not_resolve(twins, text: str) -> None:
    def files(root: Path) -> None:
        templated(root)
        broken = text.removeprefix("a: ")
        (root / "dvc.yaml").write_text(
            textwrap.dedent(TEMPLATES).replace("echo ${flags} > flags.txt", f"echo x {broken} > flags.txt")
        )

    twins.change(files)
    _, ours = twins.both("repro", "--dry", check=False)
    assert ours.code == 2
    assert WRONG[text] in ours.err
    assert "dvc.yaml:11:" in ours.err

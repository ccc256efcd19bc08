"""What a dvc.yaml may hold, and how a wrong one is told: file, line, what, and what to do."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from padauk.core.errors import InputError, PadaukError
from padauk.pipeline import Pipeline, load_stages

WRONG = {
    # text: (message, hint)
    "stages:\n  a:\n    cmd: x\n    dep: [y]\n": (
        "dvc.yaml:4: unknown key 'dep' in stage 'a'",
        "did you mean 'deps'?",
    ),
    "stage:\n  a: {cmd: x}\n": ("dvc.yaml:1: unknown key 'stage'", "did you mean 'stages'?"),
    "stages:\n  a: {deps: [x]}\n": ("dvc.yaml:2: stage 'a' has no 'cmd'", None),
    "stages:\n  a:\n    cmd: x\n    outs:\n    - b: {cached: false}\n": (
        "dvc.yaml:5: unknown key 'cached' in 'outs[0].b' of stage 'a'",
        "did you mean 'cache'?",
    ),
    "stages:\n  a:\n    cmd: x\n    deps: y\n": ("dvc.yaml:4: 'deps' of stage 'a' must be a list", None),
    "stages:\n  a:\n    cmd: x\n    frozen: maybe\n": (
        "dvc.yaml:4: 'frozen' of stage 'a' must be true or false",
        None,
    ),
    "stages:\n  a:\n    cmd: 12\n": ("dvc.yaml:3: 'cmd' of stage 'a' must be a string, not int 12", None),
    "stages:\n  a: {cmd: ''}\n": ("dvc.yaml:2: 'cmd' of stage 'a' is empty", None),
    "stages:\n  1: {cmd: x}\n": ("1 in 'stages' must be a string", "put it in quotes"),
    "stages:\n  a: {cmd: x\n": ("dvc.yaml:3", None),
    "stages:\n  a: {cmd: x}\n  a: {cmd: y}\n": ("dvc.yaml:3:3: duplicate key 'a'", None),
    "stages:\n  a:\n    foreach: [1]\n": ("dvc.yaml:2: stage 'a' has no 'do'", None),
    "stages:\n  a:\n    foreach: ${x}\n    do: {cmd: y}\nvars: [{x: 1}]\n": (
        "dvc.yaml:3: 'foreach' of stage 'a' needs a list or a mapping, not int",
        None,
    ),
    "vars: [gone.yaml]\n": ("dvc.yaml:1: 'gone.yaml' in 'vars' does not exist", None),
    "vars:\n- {x: 1}\n- {x: 2}\n": ("'x' from 'vars[1]' is defined already", "rename one"),
    "vars:\n- {d: 2020-01-01}\n": ("is of type date", "put a date in quotes"),
    "stages:\n  a: {cmd: x, outs: [../b]}\n": ("output '../b' of stage 'a' lies outside", "write inside"),
    "stages:\n  a: {cmd: x, deps: ['s3://b/c']}\n": ("only local paths", "import-url"),
    "stages:\n  a: {cmd: x, outs: [b]}\n  c: {cmd: x, outs: [b]}\n": (
        "output 'b' belongs to both 'a' and 'c'",
        "rename",
    ),
    "stages:\n  a: {cmd: x, outs: [b]}\n  c: {cmd: x, outs: [b/d]}\n": (
        "lies inside output 'b' of 'a'",
        "overlap",
    ),
    "stages:\n  a: {cmd: x, deps: [b], outs: [b]}\n": ("stage 'a' reads and writes 'b'", "remove it"),
    "stages:\n  a: {cmd: x, deps: [c], outs: [b]}\n  d: {cmd: x, deps: [b], outs: [c]}\n": (
        "stages depend on each other in a circle: 'a' → 'd' → 'a'",
        None,
    ),
}


@pytest.mark.parametrize("text", WRONG, ids=[message for message, _ in WRONG.values()])
def test_wrong_file_is_told(repo, text: str) -> None:
    Path("dvc.yaml").write_text(text)
    with pytest.raises(PadaukError) as caught:
        _ = Pipeline.load(repo).graph
    message, hint = WRONG[text]
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")
    assert caught.value.exit_code != 0


def test_stage_has_what_the_file_says(repo) -> None:
    os.makedirs("sub/work")
    Path("sub/dvc.yaml").write_text(
        textwrap.dedent("""\
            stages:
              s:
                cmd: [one, two]
                wdir: work
                deps: [../in, ../in]
                params: [lr, ../p.json: [a.b], all.toml: ]
                outs:
                - out: {persist: true, push: false, remote: r, desc: d, labels: [l]}
                metrics: [m.json: {cache: false}]
                plots: [p.csv: [{x: a}, {y: b}]]
                desc: text
                meta: {k: v}
            """)
    )
    (stage,) = load_stages(repo)
    assert stage.address == "sub/dvc.yaml:s"
    assert stage.address_from(f"{repo.root}/sub") == "s"
    assert stage.commands == ["one", "two"]
    assert stage.wdir == f"{repo.root}/sub/work"
    assert [(dep.spec, dep.path) for dep in stage.deps] == [("../in", f"{repo.root}/sub/in")]
    assert [(one.spec, one.keys) for one in stage.params] == [
        ("params.yaml", ("lr",)),
        ("../p.json", ("a.b",)),
        ("all.toml", ()),
    ]
    out, metric, plot = stage.outs
    assert (out.persist, out.push, out.remote, out.desc, out.labels) == (True, False, "r", "d", ("l",))
    assert (metric.kind, metric.cache, plot.kind, plot.path) == (
        "metric",
        False,
        "plot",
        f"{repo.root}/sub/work/p.csv",
    )
    assert (stage.desc, stage.meta, stage.locked) == ("text", {"k": "v"}, None)


def test_several_lines_are_several_commands(repo) -> None:
    Path("dvc.yaml").write_text("stages:\n  s:\n    cmd: |\n      one\n      two\n")
    assert load_stages(repo)[0].commands == ["one", "two"]


def test_order_is_depth_first_in_the_order_of_the_file(repo) -> None:
    Path("dvc.yaml").write_text(
        textwrap.dedent("""\
            stages:
              late: {cmd: x, deps: [mid, early], outs: [late]}
              mid: {cmd: x, deps: [early], outs: [mid]}
              early: {cmd: x, outs: [early]}
              alone: {cmd: x, outs: [alone]}
            """)
    )
    pipeline = Pipeline.load(repo)
    names = {stage.name: stage for stage in pipeline.stages}
    graph = pipeline.graph

    def order(*targets: str, **how: bool) -> list[str]:
        return [node.address for node in graph.order([names[name] for name in targets] or None, **how)]

    assert order() == ["early", "mid", "late", "alone"]
    assert order("mid") == ["early", "mid"]
    assert order("mid", downstream=True) == ["mid", "late"]
    assert order("early", whole=True) == ["early", "mid", "late"]
    assert [[node.address for node in part] for part in graph.components()] == [
        ["late", "mid", "early"],
        ["alone"],
    ]


def test_long_chain_needs_no_deep_stack(repo) -> None:
    lines = ["stages:"]
    lines += [f"  s{n}: {{cmd: x, deps: [o{n}], outs: [o{n + 1}]}}" for n in range(3000)]
    Path("dvc.yaml").write_text("\n".join(lines))
    assert len(Pipeline.load(repo).graph.order()) == 3000


def test_unknown_target_is_told(repo) -> None:
    from padauk.pipeline.targets import find_nodes

    Path("dvc.yaml").write_text("stages:\n  train: {cmd: x, outs: [o]}\n")
    nodes = Pipeline.load(repo).nodes
    assert find_nodes(nodes, ["o", "train", "dvc.yaml", "dvc.yaml:train"], repo.root) == [nodes[0]]
    with pytest.raises(PadaukError) as caught:
        find_nodes(nodes, ["trian"], repo.root)
    assert caught.value.hint == "did you mean 'train'?"
    with pytest.raises(InputError):
        find_nodes(nodes, [""], repo.root + "/nowhere")

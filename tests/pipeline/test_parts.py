"""Parameters of every kind of file, pictures of graphs, and commands in a shell."""

from __future__ import annotations

import io
import os
import pty
import select
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import FormatError
from padauk.pipeline import params
from padauk.pipeline.command import Interrupts, Shell, run
from padauk.pipeline.dag import Dag, collapse, to_list
from padauk.pipeline.drawing import draw
from padauk.pipeline.template import to_text

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = """
A = 1
B: float = 1e-5
C = [1, "x"]
D = {"k": {"n": 1}}
E = (1, 2)
F = A + 1
G = print("no")
a, b = 1, 2
class Train:
    lr = 0.1
    class Deep:
        x = None
    def __init__(self):
        self.depth = 3
        local = 4
        self.other = local
"""


def test_parameters_of_each_format() -> None:
    assert params.parse(PYTHON, "p.py") == {
        "A": 1,
        "B": 1e-5,
        "C": [1, "x"],
        "D": {"k": {"n": 1}},
        "E": (1, 2),
        "Train": {"lr": 0.1, "Deep": {"x": None}, "depth": 3},
    }
    assert params.parse("[t]\nv = 1\n", "p.toml") == {"t": {"v": 1}}
    assert params.parse('{"a": [1]}', "p.json") == {"a": [1]}
    assert params.parse("a: 1e-5\nb: yes\nc: 010\n", "p.yaml") == {"a": 1e-5, "b": "yes", "c": 10}


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("{\n", "p.json", "p.json:2:"),
        ("a = \n", "p.toml", "p.toml: "),
        ("def (:\n", "p.py", "p.py:1:"),
        ("a: [\n", "p.yaml", "p.yaml:2"),
    ],
)
def test_broken_parameter_file_is_told_with_its_line(text: str, name: str, says: str) -> None:
    with pytest.raises(FormatError, match=says.replace(".", r"\.")):
        params.parse(text, name)


def test_pick_goes_by_dotted_names() -> None:
    content = {"a": {"b": [10, {"c": 1}]}, 1: "one", "t": None}
    assert params.pick(content, ["a.b.1.c", "a.b.0", "1", "t", "gone", "a.b.9", "t.x"]) == {
        "a.b.1.c": 1,
        "a.b.0": 10,
        "1": "one",
        "t": None,
    }
    assert params.pick(content, []) == content


def test_numbers_are_flattened_and_nothing_else_is_taken() -> None:
    content = {"acc": 1, "sub": {"loss": 0.5, "text": "x", "flag": True, "list": [1], "none": None}}
    assert params.numbers(content) == {"acc": 1.0, "sub.loss": 0.5}
    assert params.numbers(3) == {"": 3.0}


def test_mapping_becomes_flags() -> None:
    values = {"lr": 1e-5, "name": "x y", "on": True, "off": False, "many": [1, "a b"], "deep": {"k": 2}}
    assert to_text(values) == "--lr 1e-05 --name 'x y' --on --many 1 'a b' --deep.k 2"
    assert to_text(values, {"bool": "boolean_optional", "list": "append"}) == (
        "--lr 1e-05 --name 'x y' --on --no-off --many 1 --many 'a b' --deep.k 2"
    )


def test_picture_of_a_graph() -> None:
    edges = (("data.dvc", "prepare"), ("prepare", "train"), ("train", "evaluate"), ("prepare", "evaluate"))
    dag = Dag(("data.dvc", "prepare", "train", "evaluate"), edges)
    assert draw(dag) == "\n".join(
        [
            " ╭──────────╮",
            " │ data.dvc │",
            " ╰─────┬────╯",
            "       │",
            "  ╭────▼────╮",
            "  │ prepare │",
            "  ╰────┬────╯",
            "    ╭──┴───╮",
            "╭───▼───╮  │",
            "│ train │  │",
            "╰───┬───╯  │",
            "    ╰───┬──╯",
            "  ╭─────▼────╮",
            "  │ evaluate │",
            "  ╰──────────╯",
        ]
    )
    assert draw(dag, plain=True).isascii()
    assert to_list(dag).splitlines()[-1] == "evaluate  <- train, prepare"


def test_every_name_is_drawn_once_whatever_the_graph() -> None:
    names = tuple(f"n{number}" for number in range(30))
    edges = tuple(
        (names[one], names[other])
        for other in range(30)
        for one in range(other)
        if (one * 7 + other) % 5 == 0
    )
    text = draw(Dag(names, edges))
    assert all(text.count(f" {name} ") == 1 for name in names)


def test_groups_collapse() -> None:
    dag = Dag(
        ("a@1", "a@2", "b", "x@y.dvc"), (("a@1", "a@2"), ("a@1", "b"), ("a@2", "b"), ("x@y.dvc", "a@1"))
    )
    assert collapse(dag) == Dag(("a", "b", "x@y.dvc"), (("a", "b"), ("x@y.dvc", "a")))


def test_output_is_shown_and_kept(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    log = io.BytesIO()
    shell = Shell("/bin/sh", {"PATH": os.environ["PATH"], "A": "1"}, writer, writer)
    status = run(
        shell,
        "echo $A $B; pwd; echo oops >&2; exit 3",
        cwd=str(tmp_path),
        env={"B": "2"},
        log=log,
        interrupts=Interrupts(),
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        shown = stream.read()
    assert status == 3
    assert sorted(shown.splitlines()) == sorted([b"1 2", str(tmp_path).encode(), b"oops"])
    assert sorted(log.getvalue().splitlines()) == sorted(shown.splitlines())


def test_killed_command_has_a_negative_status(tmp_path: Path) -> None:
    shell = Shell("/bin/sh", dict(os.environ))
    status = run(shell, "kill -9 $$", cwd=str(tmp_path), env={}, log=io.BytesIO(), interrupts=Interrupts())
    assert status == -9


def test_command_left_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    shell = Shell("/bin/sh", dict(os.environ))
    log = io.BytesIO()
    status = run(shell, "sleep 30 & echo $!", cwd=str(tmp_path), env={}, log=log, interrupts=Interrupts())
    os.kill(int(log.getvalue()), 9)  # it is still there
    assert status == 0


def test_command_sees_a_terminal_where_there_is_one(tmp_path: Path) -> None:
    """Progress bars and colours stay, and the log has the same bytes but for line ends."""
    parent, child = pty.openpty()
    log = io.BytesIO()
    status = run(
        Shell("/bin/sh", dict(os.environ), child, child),
        "test -t 1 && test -t 2 && printf 'a\\nb\\n'",
        cwd=str(tmp_path),
        env={},
        log=log,
        interrupts=Interrupts(),
    )
    assert status == 0
    assert log.getvalue() == b"a\nb\n"
    assert select.select([parent], [], [], 5)[0]
    assert os.read(parent, 100) == b"a\r\nb\r\n"
    os.close(child)
    os.close(parent)

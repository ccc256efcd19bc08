"""What a person names on the command line, as stages."""

from __future__ import annotations

import fnmatch
import os
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotFoundError
from padauk.pipeline.values import PROJECT_FILE, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.pipeline.graph import Node


def find_nodes(
    nodes: Sequence[Node], targets: Iterable[str], here: str, *, recursive: bool = False, glob: bool = False
) -> list[Node]:
    """The nodes that ``targets`` name, each once, in the order of the targets.

    A target is a stage of the dvc.yaml in ``here``, a ``foreach`` or ``matrix`` group, ``path/dvc.yaml``,
    ``path/dvc.yaml:stage``, a ``.dvc`` file, or a path that one of them writes.

    Args:
        nodes: all there are.
        targets: as given.
        here: the folder that relative paths start from, absolute.
        recursive: a folder means everything declared inside it.
        glob: stage names are patterns.

    Raises:
        NotFoundError: nothing of that name.
    """
    found: dict[Node, None] = {}
    for target in targets:
        some = _find(nodes, target, here, recursive, glob)
        if not some:
            raise _unknown(nodes, target, here)
        found.update(dict.fromkeys(some))
    return list(found)


def default_nodes(nodes: Sequence[Node], here: str) -> list[Node]:
    """The stages of the dvc.yaml in ``here``.

    Raises:
        NotFoundError: there is no such file.
    """
    file = os.path.join(here, PROJECT_FILE)
    if not os.path.exists(file):
        raise NotFoundError(
            f"there is no dvc.yaml in {here}",
            hint="'padauk stage add' makes one; -P takes all pipelines of the repository",
        )
    return [node for node in nodes if node.file == file]


def _find(nodes: Sequence[Node], target: str, here: str, recursive: bool, glob: bool) -> list[Node]:
    path = os.path.normpath(os.path.join(here, target))
    if recursive and os.path.isdir(path):
        return [node for node in nodes if node.file.startswith(path + os.sep)]
    local = os.path.join(here, PROJECT_FILE)
    if some := _in_file(nodes, local, target, glob):
        return some
    if some := [node for node in nodes if node.file == path]:
        return some
    file, colon, name = target.rpartition(":")
    if (
        colon
        and file.endswith((".yaml", ".yml"))
        and (some := _in_file(nodes, os.path.normpath(os.path.join(here, file)), name, glob))
    ):
        return some
    if colon and not file:
        return _in_file(nodes, local, name, glob)
    return [node for node in nodes if any(_writes(str(out.path), path) for out in node.outs)]


def _in_file(nodes: Sequence[Node], file: str, name: str, glob: bool) -> list[Node]:
    stages = [node for node in nodes if isinstance(node, Stage) and node.file == file]
    if some := [stage for stage in stages if stage.name == name or stage.group == name]:
        return list(some)
    if glob:
        return [stage for stage in stages if fnmatch.fnmatchcase(stage.name, name)]
    return []


def _writes(out: str, path: str) -> bool:
    return path == out or path.startswith(out + os.sep)


def _unknown(nodes: Sequence[Node], target: str, here: str) -> Exception:
    import difflib

    names = [node.address_from(here) for node in nodes]
    near = difflib.get_close_matches(target, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "'padauk stage list --all' names them"
    if not target:
        return InputError("an empty target")
    return NotFoundError(f"no stage, .dvc file or output is named {target!r}", hint=hint)

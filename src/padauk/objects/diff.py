"""What differs between two listings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.objects.tree import Tree


@dataclass(frozen=True)
class TreeDiff:
    """Paths by what happened to them, each sorted.

    Attributes:
        added: in the new listing only.
        deleted: in the old listing only.
        modified: in both, with other bytes.
        renamed: ``(old path, new path)`` of equal bytes; such are in neither ``added`` nor ``deleted``.
        unchanged: number of paths with the same bytes in both.
    """

    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.deleted or self.modified or self.renamed)


def diff_trees(old: Tree | None, new: Tree | None, *, renames: bool = False) -> TreeDiff:
    """Compare two listings; ``None`` stands for no folder at all.

    Args:
        old: before.
        new: after.
        renames: pair deleted and added paths of equal bytes, in order of their paths.
    """
    before = old.by_path if old is not None else {}
    after = new.by_path if new is not None else {}
    added = sorted(after.keys() - before.keys())
    deleted = sorted(before.keys() - after.keys())
    changed = dict(after.items() - before.items())
    modified = sorted(changed.keys() & before.keys())
    renamed: list[tuple[str, str]] = []
    if renames and added and deleted:
        gone: dict[str, list[str]] = {}
        for path in reversed(deleted):
            gone.setdefault(before[path], []).append(path)
        for path in added:
            if candidates := gone.get(after[path]):
                renamed += [(candidates.pop(), path)]
        sources = {one for one, _ in renamed}
        targets = {two for _, two in renamed}
        added = [path for path in added if path not in targets]
        deleted = [path for path in deleted if path not in sources]
    return TreeDiff(tuple(added), tuple(deleted), tuple(modified), tuple(renamed), len(after) - len(changed))

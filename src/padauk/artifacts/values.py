"""The nouns of the artifact store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.artifacts.paths import OwnerKind


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing: ``path`` below the root that was asked for, ``size`` in bytes, ``None`` for a
    folder.
    """

    path: str
    size: int | None

    @property
    def is_dir(self) -> bool:
        """Whether this is a folder."""
        return self.size is None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that was uploaded: whose it is, its path below its owner's folder, and which bytes it has."""

    owner_kind: OwnerKind
    owner_id: str
    path: str
    md5: str
    sha256: str
    size: int

"""One tracked file or folder, wherever it is declared: in a ``.dvc`` file or by a stage."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from padauk.objects import HashInfo

Kind = Literal["out", "metric", "plot"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """A path whose content is versioned.

    Attributes:
        path: where it is, absolute.
        info: the hash that its declaration records, or ``None``: never saved.
        declared: the path as its declaration spells it, relative to the declaration's working folder.
        source: what declares it: a ``.dvc`` file as ``data/x.dvc`` or a stage as ``dvc.yaml:train``,
            relative to the repository's root.
        kind: how a pipeline uses it.
        cache: whether its bytes are kept in the cache (else only the hash is recorded).
        persist: whether ``repro`` leaves it in place before the command runs.
        push: whether ``push`` sends it.
        remote: name of the remote it belongs to, or ``None``: the default one.
        isexec: whether the executable bit is set.
        desc: a person's description.
        type: a person's classification.
        labels: a person's tags.
        meta: whatever else a person noted.
        extra: keys of its entry kept as they are: ``cloud``, ``files``, ``fs_config``, plot settings.
    """

    path: str
    info: HashInfo | None = None
    declared: str = ""
    source: str = ""
    kind: Kind = "out"
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    isexec: bool = False
    desc: str | None = None
    type: str | None = None
    labels: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def legacy(self) -> bool:
        """Recorded by DVC 2: the hash is of text with normalised line ends, objects lie elsewhere."""
        return self.info is not None and self.info.legacy

    @property
    def annotations(self) -> dict[str, Any]:
        """``desc``, ``type``, ``labels`` and ``meta``, those that say something, in DVC's order."""
        found = {"desc": self.desc, "type": self.type, "labels": list(self.labels), "meta": dict(self.meta)}
        return {name: value for name, value in found.items() if value}

    def with_info(self, info: HashInfo | None, *, isexec: bool | None = None) -> Output:
        """The same output at another version."""
        changed = dataclasses.replace(self, info=info)
        return changed if isexec is None else dataclasses.replace(changed, isexec=isexec)

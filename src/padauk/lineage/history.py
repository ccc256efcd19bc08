"""What git's history tells of tracked data: every version of every ``.dvc`` file and dvc.lock.

One ``git log --raw`` names the versions, ``git cat-file --batch`` reads those not read before, and what was
read is kept by blob in ``.dvc/tmp/padauk/lineage.msgpack`` (a cache: damaged or deleted, it is made again).
Between two commits most of a long dvc.lock stays: stages are parsed once for each distinct text.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import FormatError
from padauk.lineage.digest import lock_digest
from padauk.repo import yamlfile
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.core.events import Reporter
    from padauk.scm import Git

FORMAT = 2  # of the cache file; another number is another format
_SHALLOW = re.compile(rb"^ {0,3}[^ \n].*$", re.MULTILINE)
_NAME = re.compile(rb"  \w[\w.@-]*:")


class Item(msgspec.Struct, frozen=True, array_like=True):
    """An output or dependency as declared: ``path`` relative to the declaring file's folder."""

    path: str
    md5: str
    size: int | None = None
    nfiles: int | None = None


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One declaration: a ``.dvc`` file (``stage`` empty), or one stage of a dvc.lock."""

    stage: str
    digest: str
    cmd: str
    outs: list[Item]
    deps: list[Item]
    params: dict[str, str]


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A commit gave the file at ``path`` (from git's root) the content ``blob``."""

    path: str
    blob: str


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One commit that changed a declaring file; ``time`` in milliseconds."""

    sha: str
    time: int
    author: str
    subject: str
    changes: list[Change]


class History(msgspec.Struct):
    """Everything that was read.

    Attributes:
        tips: where the history was read from.
        steps: commits, newest first.
        entries: every declaration once: most of a dvc.lock stays from commit to commit.
        blobs: the declarations of each blob, as places in ``entries``.
    """

    format: int = FORMAT
    tips: str = ""
    steps: list[Step] = []
    entries: list[Entry] = []
    blobs: dict[str, list[int]] = {}

    def of_blob(self, blob: str) -> list[Entry] | None:
        """The declarations of a blob; ``None`` when it was not read."""
        places = self.blobs.get(blob)
        return None if places is None else [self.entries[place] for place in places]


def read_history(git: Git, cache: str, reporter: Reporter) -> History:
    """The history of all branches, tags and the commit checked out.

    Args:
        cache: path of the cache file; its folder is made when there is something to keep.
    """
    known = _load(cache)
    tips = git.run("rev-parse", "HEAD", "--branches", "--tags", "--remotes", check=False).decode()
    if not re.match(r"[0-9a-f]{40}", tips):
        return History()  # no commit yet
    if known.tips == tips:
        return known
    steps = list(_steps(git))
    wanted = {change.blob for step in steps for change in step.changes}
    # blobs that no branch reaches any more are kept: another branch may bring them back
    history = History(FORMAT, tips, steps, known.entries, known.blobs)
    texts: dict[bytes, Entry] = {}
    places: dict[int, int] = {}
    paths = {change.blob: change.path for step in steps for change in step.changes}
    missing = wanted - history.blobs.keys()
    with reporter.task("Reading history", len(missing)) as progress:
        for blob in sorted(missing):
            found = parse(git.read_object(blob) or b"", paths[blob], texts)
            for entry in found:
                if id(entry) not in places:
                    places[id(entry)] = len(history.entries)
                    history.entries.append(entry)
            history.blobs[blob] = [places[id(entry)] for entry in found]
            progress.advance()
    with contextlib.suppress(OSError):  # a read-only repository is read again each time
        os.makedirs(os.path.dirname(cache), exist_ok=True)
        write_atomic(cache, msgspec.msgpack.encode(history))
    return history


def _load(cache: str) -> History:
    try:
        with open(cache, "rb") as file:
            found = msgspec.msgpack.decode(file.read(), type=History)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return History()
    return found if found.format == FORMAT else History()


def _steps(git: Git) -> Iterator[Step]:
    """Commits that changed a declaring file, newest first."""
    said = git.run(
        "log", "HEAD", "--branches", "--tags", "--remotes", "--raw", "-z", "--no-abbrev", "--no-renames",
        "--diff-merges=first-parent", "--format=%x01%H%x02%ct%x02%an%x02%s",
    )  # fmt: skip
    for record in said.split(b"\x01")[1:]:
        head, _, rest = record.partition(b"\0")
        changes = []
        words = rest.lstrip(b"\n").split(b"\0")
        for facts, path in zip(words[::2], words[1::2], strict=False):
            if path.endswith((b".dvc", b"dvc.lock")) and not facts.endswith(b"D"):
                name = os.fsdecode(path)
                if name.endswith(".dvc") or os.path.basename(name) == "dvc.lock":
                    # ":100644 100644 <old> <new> M"
                    changes.append(Change(name, facts.split(b" ")[3].decode()))
        if changes:
            sha, time, author, subject = head.decode(errors="replace").split("\x02", 3)
            yield Step(sha, int(time) * 1000, author, subject.rstrip("\n"), changes)


def parse(content: bytes, path: str, texts: dict[bytes, Entry] | None = None) -> list[Entry]:
    """The declarations in a ``.dvc`` file or a dvc.lock; a file that does not parse declares nothing.

    Args:
        content: the file.
        path: its name tells which of the two it is.
        texts: stages that were parsed before, by their text; filled.
    """
    try:
        if path.endswith(".dvc"):
            return _dvc_file(yamlfile.loads(content, path))
        return _lock_file(content, path, {} if texts is None else texts)
    except (FormatError, KeyError, TypeError, AttributeError):
        return []  # of another version, or broken in that commit: history is not ours to judge


def _dvc_file(value: Any) -> list[Entry]:
    where = value.get("wdir") or "."
    outs = [item for out in value.get("outs") or () if (item := _item(out, where))]
    return [Entry("", "", "", outs, [], {})] if outs else []


def _lock_file(content: bytes, path: str, texts: dict[bytes, Entry]) -> list[Entry]:
    _, mark, body = content.partition(b"\nstages:\n")
    shallow = list(_SHALLOW.finditer(body)) if mark else []
    if not shallow or not all(_NAME.fullmatch(line[0]) for line in shallow):
        # a version 1 file, keys after the stages, a name in quotes: read it as a whole
        value = yamlfile.loads(content, path)
        stages = value.get("stages", {}) if "schema" in value else value
        return [_stage(name, entry) for name, entry in stages.items()]
    entries = []
    starts = [line.start() for line in shallow]
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        text = body[start:end]
        if text not in texts:
            ((name, entry),) = yamlfile.loads(text, path).items()
            texts[text] = _stage(name, entry)
        entries.append(texts[text])
    return entries


def _stage(name: Any, entry: dict[str, Any]) -> Entry:
    from padauk.pipeline.observer import flatten

    cmd = entry.get("cmd", "")
    params = {
        key: str(value)
        for values in (entry.get("params") or {}).values()
        for key, value in flatten(values or {}).items()
    }
    return Entry(
        stage=str(name),
        digest=lock_digest(entry),
        cmd=cmd if isinstance(cmd, str) else "\n".join(cmd),
        outs=[item for out in entry.get("outs") or () if (item := _item(out))],
        deps=[item for dep in entry.get("deps") or () if (item := _item(dep))],
        params=params,
    )


def _item(value: dict[str, Any], where: str = ".") -> Item | None:
    md5 = value.get("md5")
    if not md5:
        return None
    path = value["path"] if where == "." else os.path.normpath(f"{where}/{value['path']}")
    return Item(path, str(md5), value.get("size"), value.get("nfiles"))

"""A disk to measure on: fresh, so that what ran before does not count."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 24 << 30
"""Of the sparse file that holds the disk; it takes only what is written."""


@contextlib.contextmanager
def fresh_disk(folder: Path | None) -> Iterator[tuple[Path, str]]:
    """An empty folder and what kind of disk it is on.

    A new ext4 with a journal in a file, where one may mount it (creating files soon after deleting many is
    many times slower on some disks); else a temporary folder on the disk at hand.
    """
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as name:
            yield Path(name), f"folder on {filesystem(folder)}"
        return
    base = Path(tempfile.mkdtemp(prefix="padauk-bench-"))
    image, mount = base / "disk.img", base / "disk"
    mount.mkdir()
    mounted = False
    try:
        if os.geteuid() == 0 and shutil.which("mkfs.ext4"):
            with image.open("wb") as file:
                file.truncate(SIZE)
            made = subprocess.run(["mkfs.ext4", "-q", "-F", image], check=False).returncode == 0
            command = ["mount", "-o", "loop", image, mount]
            mounted = made and subprocess.run(command, check=False, capture_output=True).returncode == 0
        yield mount, "fresh ext4" if mounted else f"folder on {filesystem(base)}"
    finally:
        if mounted:
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(base, ignore_errors=True)


def filesystem(path: Path) -> str:
    """Name of the kind of file system that ``path`` is on."""
    command = ["stat", "-f", "-c", "%T", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return found or "an unknown file system"

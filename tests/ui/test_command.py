"""``padauk ui``: the address of the page, and what it says where there is none."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from padauk.testing.servers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from ui.conftest import Site


def padauk_ui(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "padauk", "ui", "--print", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_prints_the_address_of_the_page(site: Site, tmp_path: Path) -> None:
    done = padauk_ui(tmp_path, f"{site.url}/")
    assert (done.returncode, done.stdout) == (0, f"{site.url}\n")


def test_says_where_nobody_answers(tmp_path: Path) -> None:
    done = padauk_ui(tmp_path, f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 6
    assert "no server answers at" in done.stderr
    assert "padauk server" in done.stderr


def test_takes_only_addresses(tmp_path: Path) -> None:
    done = padauk_ui(tmp_path, "sqlite:///padauk.db")
    assert done.returncode == 3
    assert "give the URL of a padauk server" in done.stderr

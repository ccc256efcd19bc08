"""The documentation says what the code does, and the code stays readable."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from padauk.cli.main import VERBS
from padauk.config import SETTINGS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_verb_and_setting_is_in_the_reference() -> None:
    commands = (ROOT / "docs" / "reference" / "cli.md").read_text()
    settings = (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert [v for verbs in VERBS.values() for v in verbs if f"### padauk {v}\n" not in commands] == []
    assert [name for name in SETTINGS if f"`{name}`" not in settings] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_are_shown_exist(page: Path) -> None:
    known = {verb for verbs in VERBS.values() for verb in verbs}
    shown = re.findall(r"^(?:\$ |    |)padauk ([a-z][a-z-]*)", page.read_text("utf-8"), re.MULTILINE)
    assert set(shown) - known == set()


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 500
    }
    assert long == {}, "a file holds one idea: split it"

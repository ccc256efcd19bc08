"""The wheel and the sdist install and run in an empty environment, and the core stays small."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import padauk

ROOT = Path(__file__).parents[2]
MAX_PACKAGES = 40
MAX_BYTES = 60_000_000


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    if not Path(found).exists():
        pytest.fail("uv is not here; 'make test' brings it")
    return found


@pytest.fixture(scope="module")
def built(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([uv, "build", "-q", "--out-dir", folder, ROOT], check=True)
    return folder


@pytest.mark.parametrize("kind", ["whl", "tar.gz"])
def test_installs_and_runs_in_an_empty_environment(uv: str, built: Path, tmp_path: Path, kind: str) -> None:
    [package] = built.glob(f"*.{kind}")
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", python, "--link-mode", "copy", package], check=True
    )
    command = tmp_path / "env" / "bin" / "padauk"
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout == f"padauk {padauk.__version__}\n"
    repository = tmp_path / "repository"
    repository.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    (repository / "data").write_text("bytes")
    for arguments in (["init"], ["add", "data"], ["status"], ["repro", "--help"], ["server", "--help"]):
        subprocess.run([command, *arguments], cwd=repository, check=True)
    assert (repository / "data.dvc").exists()

    site = next((tmp_path / "env" / "lib").glob("python3*/site-packages"))
    assert len(list(site.glob("*.dist-info"))) <= MAX_PACKAGES
    size = sum(
        path.stat().st_size for path in site.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    assert size <= MAX_BYTES, f"the core install takes {size:,} bytes"


def test_the_wheel_carries_the_demo(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path, "zip")
    assert (tmp_path / "padauk" / "demo" / "template" / "dvc.yaml").exists()
    assert (tmp_path / "padauk" / "py.typed").exists()


def test_wheel_and_sdist_carry_the_web_page_and_nothing_of_its_making(built: Path, tmp_path: Path) -> None:
    if not (ROOT / "src" / "padauk" / "ui" / "index.html").exists():
        pytest.skip("'make ui' builds the page")
    [wheel] = built.glob("*.whl")
    [sdist] = built.glob("*.tar.gz")
    shutil.unpack_archive(wheel, tmp_path / "wheel", "zip")
    shutil.unpack_archive(sdist, tmp_path / "sdist", "gztar", filter="data")
    [source] = (tmp_path / "sdist").glob("padauk-*/src")
    for folder in (tmp_path / "wheel", source):
        page = folder / "padauk" / "ui"
        assert "assets/index-" in (page / "index.html").read_text()
        assert list(page.glob("assets/index-*.js"))
        assert not list(page.rglob("*.map"))
    assert not list((tmp_path / "sdist").rglob("node_modules"))

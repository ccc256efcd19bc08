"""An MLflow store that the real client wrote, brought over: the client reads the same from both."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from padauk.testing.killing import run_killed_at
from padauk.testing.postgres import PostgresServer
from padauk.testing.servers import padauk_server

HERE = Path(__file__).parent
ENV = {
    **os.environ,
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "PYTHONWARNINGS": "ignore",
}
pytestmark = pytest.mark.compat


def python(script: str, *args: str, cwd: Path) -> str:
    command = [sys.executable, str(HERE / script), *args]
    done = subprocess.run(command, cwd=cwd, env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def padauk(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "padauk", *args], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``mlflow.db`` and its artifacts, as MLflow 3 leaves them."""
    folder = tmp_path_factory.mktemp("mlflow")
    python("seed.py", f"sqlite:///{folder}/mlflow.db", f"file://{folder}/art", cwd=folder)
    return folder


def import_of(store: Path, cwd: Path, *flags: str) -> dict:
    return imported(f"sqlite:///{store}/mlflow.db", cwd, *flags)


def imported(source: str, cwd: Path, *flags: str) -> dict:
    done = padauk("import", "mlflow", source, "--json", *flags, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_client_reads_the_same_from_both(store: Path, tmp_path: Path) -> None:
    report = import_of(store, tmp_path)
    assert report["complete"]
    assert report["counts"]["metric points"] == {"source": 66, "there": 66, "new": 66}
    assert report["checked"] == report["counts"]["artifacts"]["source"] > 3
    before = json.loads(python("dump.py", f"sqlite:///{store}/mlflow.db", cwd=tmp_path))
    with padauk_server(tmp_path) as server:
        after = json.loads(python("dump.py", server.url, cwd=tmp_path))
    assert len(before["runs"]) == 3
    assert len(before["traces"]) == 1
    assert after == before


def test_an_mlruns_folder_comes_over_even_from_another_place(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    python("seed.py", f"file://{tmp_path}/old/mlruns", cwd=tmp_path)
    before = json.loads(python("dump.py", f"file://{tmp_path}/old/mlruns", cwd=tmp_path))
    (tmp_path / "old").rename(tmp_path / "new")
    (tmp_path / "here").mkdir()
    report = imported(f"{tmp_path}/new/mlruns", tmp_path / "here")
    assert report["complete"]
    assert report["counts"]["spans"]["there"] == 2
    with padauk_server(tmp_path / "here") as server:
        after = json.loads(python("dump.py", server.url, cwd=tmp_path))
    assert len(before["runs"]) == 3
    assert after == before
    again = imported(f"{tmp_path}/new/mlruns", tmp_path / "here")
    assert again["complete"]
    assert {line["new"] for line in again["counts"].values()} == {0}


def test_it_goes_from_postgresql_to_postgresql(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    with PostgresServer(tmp_path / "pg") as server:
        source, target = server.new_database(), server.new_database()
        python("seed.py", source.replace("://", "+psycopg://"), f"file://{tmp_path}/art", cwd=tmp_path)
        flags = ("--backend-store-uri", target)
        first = imported(source, tmp_path, *flags)
        again = imported(source, tmp_path, *flags)
    assert first["complete"]
    assert first["counts"]["metric points"] == {"source": 66, "there": 66, "new": 66}
    assert first["counts"]["spans"]["there"] == 2
    assert again["complete"]
    assert {line["new"] for line in again["counts"].values()} == {0}


def test_a_second_import_changes_nothing(store: Path, tmp_path: Path) -> None:
    import_of(store, tmp_path)

    def state() -> list[str]:
        with sqlite3.connect(tmp_path / "padauk.db") as db:
            rows = list(db.iterdump())
        db.close()
        return rows

    before = state()
    again = import_of(store, tmp_path)
    assert again["complete"]
    assert {line["new"] for line in again["counts"].values()} == {0}
    assert state() == before


@pytest.mark.fault
@pytest.mark.parametrize("point", ["import.run.artifacts", "import.run.head"])
def test_killed_it_is_finished_by_the_same_command(store: Path, tmp_path: Path, point: str) -> None:
    arguments = ["import", "mlflow", f"sqlite:///{store}/mlflow.db"]
    assert run_killed_at(point, 2, arguments, cwd=tmp_path)
    report = import_of(store, tmp_path)
    assert report["complete"]
    assert 0 < report["counts"]["runs"]["new"] < 3
    assert report["counts"]["metric points"]["there"] == 66


def test_a_dry_run_writes_nothing(store: Path, tmp_path: Path) -> None:
    counts = import_of(store, tmp_path, "--dry-run")
    assert counts["runs"] == 3
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").close()
    for source, said in (
        ("sqlite:///missing.db", "no database file"),
        ("sqlite:///other.db", "no database of MLflow"),
        ("mysql://x/y", "cannot be imported"),
    ):
        done = padauk("import", "mlflow", source, cwd=tmp_path)
        assert done.returncode != 0
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "padauk.db").exists()

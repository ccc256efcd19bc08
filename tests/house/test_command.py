"""The command itself: help, shared options, errors, completion, start-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import padauk
from padauk.cli.main import VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_VERBS = [verb for verbs in VERBS.values() for verb in verbs]


def call(
    *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "padauk", *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_version() -> None:
    assert call("--version").stdout == f"padauk {padauk.__version__}\n"


def test_version_imports_no_heavy_package() -> None:
    """Start-up stays quick because nothing is imported that the call does not need."""
    script = (
        "import sys; from padauk.cli.main import run; run(['--version']); "
        "heavy = {'rich', 'httpx', 'sqlalchemy', 'starlette', 'ruamel', 'yaml', 'pathspec', 'msgspec', "
        "'asyncio', 'sqlite3', 'importlib.metadata'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"


def test_help_lists_every_verb_without_importing_any() -> None:
    script = (
        "import sys; from padauk.cli.main import run; run(['--help']); "
        "print([m for m in sys.modules if m.startswith('padauk.cli.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert [verb for verb in ALL_VERBS if f"  {verb} " not in done.stdout] == []
    assert "padauk.cli.config" not in done.stderr


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_every_verb_has_help(verb: str) -> None:
    done = call(verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: padauk {verb}")
    assert "--json" in done.stdout or "COMMAND" in done.stdout


def test_unknown_verb_gets_a_suggestion() -> None:
    done = call("confg")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: No such command 'confg'. Did you mean 'config'?"


def test_shared_options_stand_before_or_after_the_verb(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path), "MLFLOW_TRACKING_URI": "http://example.invalid"}
    for args in (("--json", "config", "tracking.uri"), ("config", "tracking.uri", "--json")):
        assert json.loads(call(*args, env=env).stdout) == {"tracking.uri": "http://example.invalid"}


def test_errors_are_two_lines_or_json(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    done = call("--cd", str(tmp_path), "config", "tracking.urn", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown setting 'tracking.urn'\nhint: known: tracking.uri")
    done = call("--json", "--cd", str(tmp_path), "config", "tracking.urn", "x")
    assert json.loads(done.stderr)["error"]["code"] == "INVALID_PARAMETER_VALUE"


def test_cd_into_nowhere_is_an_error(tmp_path: Path) -> None:
    done = call("--cd", str(tmp_path / "absent"), "config")
    assert done.returncode == 3
    assert "cannot change to" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    done = call("completion", shell)
    assert done.returncode == 0
    assert "_PADAUK_COMPLETE" in done.stdout


def test_bash_completes_verbs() -> None:
    program = Path(sys.executable).with_name("padauk")
    if not program.exists():
        pytest.fail("the padauk command is not installed beside this Python")
    done = subprocess.run(
        [program],
        env={
            **os.environ,
            "_PADAUK_COMPLETE": "bash_complete",
            "COMP_WORDS": "padauk conf",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["plain,config"]


class TestConfig:
    def test_repository_over_user_and_variable_over_both(self, tmp_path: Path) -> None:
        repo = tmp_path / "repo"
        (repo / ".dvc").mkdir(parents=True)
        env = {
            "XDG_CONFIG_HOME": str(tmp_path / "home"),
            "MLFLOW_TRACKING_URI": "",
            "PADAUK_TRACKING_URI": "",
        }
        call("config", "--global", "tracking.uri", "http://user", cwd=repo, env=env)
        assert call("config", "tracking.uri", cwd=repo, env=env).stdout == "http://user\n"
        call("config", "tracking.uri", 'http://re"po', cwd=repo, env=env)
        assert call("config", "tracking.uri", cwd=repo, env=env).stdout == 'http://re"po\n'
        assert (
            call("config", "tracking.uri", cwd=repo, env={**env, "MLFLOW_TRACKING_URI": "http://v"}).stdout
            == "http://v\n"
        )
        call("config", "-u", "tracking.uri", cwd=repo, env=env)
        assert call("config", "tracking.uri", cwd=repo, env=env).stdout == "http://user\n"

    def test_file_is_private_and_only_it_is_seen_by_git(self, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        (tmp_path / ".dvc").mkdir()
        call("config", "tracking.token", "secret", cwd=tmp_path)
        (tmp_path / ".padauk" / "runs").mkdir()
        (tmp_path / ".padauk" / "runs" / "record").touch()
        assert (tmp_path / ".padauk" / "config.toml").stat().st_mode & 0o077 == 0
        seen = subprocess.run(
            ["git", "status", "--porcelain", "-uall"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert seen.stdout.split() == ["??", ".padauk/config.toml"]

    def test_secrets_are_not_shown(self, tmp_path: Path) -> None:
        env = {"XDG_CONFIG_HOME": str(tmp_path), "MLFLOW_TRACKING_TOKEN": "hush"}
        for args in (("config",), ("config", "--json"), ("config", "tracking.token")):
            done = call(*args, cwd=tmp_path, env=env)
            assert "hush" not in done.stdout + done.stderr
            assert "********" in done.stdout

    def test_broken_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "padauk").mkdir()
        (tmp_path / "padauk" / "config.toml").write_text("[tracking\n")
        done = call("config", cwd=tmp_path, env={"XDG_CONFIG_HOME": str(tmp_path)})
        assert done.returncode == 2
        assert "padauk/config.toml" in done.stderr

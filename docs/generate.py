"""Write the pages of ``docs/reference/`` that say what the code already knows; ``--check`` only compares.

Sources: the click commands (``cli.md``), ``padauk.config.SETTINGS`` (``settings.md``), the error tree
(``errors.md``), the routes of ``padauk.server.mlflow_api`` (``mlflow-api.md``).
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import click

from padauk.cli.main import VERBS, cli
from padauk.config import SETTINGS
from padauk.core import errors
from padauk.server.mlflow_api import absent, all_routes
from padauk.server.mlflow_api.system import MLFLOW_VERSION

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py: change the source it names, then run `make docs`. -->\n"
SHARED = {"_json", "_quiet", "_verbose", "_cd", "_traceback"}
SKIPPED = {"help", "version"}


def main() -> int:
    """Write or check every page; returns the exit code."""
    stale = []
    for name, page in (
        ("cli.md", cli_page()),
        ("settings.md", settings_page()),
        ("errors.md", errors_page()),
        ("mlflow-api.md", mlflow_api_page()),
    ):
        path = REFERENCE / name
        text = NOTE + "\n" + page
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        print(f"docs/reference: {', '.join(stale)} out of date; run 'make docs'", file=sys.stderr)
        return 1
    return 0


def cli_page() -> str:
    """Every command with its arguments and options."""
    parts = [
        "# Commands\n",
        "These options stand before or after any command:\n",
        options_table(cli, shared=True),
    ]
    for section, verbs in VERBS.items():
        if verbs:
            parts.append(f"## {section}\n")
            for verb in verbs:
                command = cli.get_command(click.Context(cli), verb)
                assert command is not None
                parts += command_parts(command, f"padauk {verb}")
    return "\n".join(parts)


def command_parts(command: click.Command, path: str) -> list[str]:
    """The Markdown of one command and, below it, of its sub-commands."""
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"### {path}\n", f"```\n{path} {usage}\n```\n", help_text(command), options_table(command)]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            parts += command_parts(child, f"{path} {name}")
    return [part for part in parts if part]


def help_text(command: click.Command) -> str:
    """The command's own words, with click's verbatim blocks as code."""
    blocks = []
    for block in inspect.cleandoc(command.help or "").split("\n\n"):
        verbatim = block.startswith("\b")
        body = block.removeprefix("\b\n")
        blocks.append(f"```\n{body}\n```" if verbatim else body)
    return "\n\n".join(blocks) + "\n"


def options_table(command: click.Command, *, shared: bool = False) -> str:
    """A table of the options, either the shared ones or the others."""
    context = click.Context(command)
    rows = []
    for parameter in command.get_params(context):
        if (
            not isinstance(parameter, click.Option)
            or parameter.hidden
            or parameter.name in SKIPPED
            or (parameter.name in SHARED) != shared
        ):
            continue
        record = parameter.get_help_record(context)
        if record:
            names, text = (re.sub(r"\s+", " ", field).replace("|", "\\|").strip() for field in record)
            rows.append(f"| `{names}` | {text} |")
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows]) + "\n" if rows else ""


def settings_page() -> str:
    """Every setting with its variables."""
    lines = [
        "# Settings\n",
        "`padauk config NAME VALUE` writes them to `.padauk/config.toml`, with `--global` to",
        "`~/.config/padauk/config.toml`. The repository wins over the user, a variable over both.\n",
        "| setting | variables (the first that is set wins) | meaning |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| `{setting.name}` | {', '.join(f'`{name}`' for name in setting.variables)} | {setting.help} |"
        for setting in SETTINGS.values()
    ]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """The error tree with exit codes, HTTP codes and MLflow's names."""
    lines = [
        "# Errors\n",
        "Every failure is one or two lines: what was wrong and where, then a hint what to do. With `--json`",
        'they are `{"error": {"code", "message", "hint"}}` on stderr. Exit code 0 is success, 2 also wrong',
        "usage, 130 Ctrl-C, 70 a bug in padauk (`--traceback` shows where).\n",
        "| error | exit code | HTTP | code in MLflow's API | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.PadaukError):
            meaning = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
            lines.append(
                f"| `{name}` | {kind.exit_code} | {kind.http_status} | `{kind.mlflow_code}` | {meaning} |"
            )
    return "\n".join(lines) + "\n"


def mlflow_api_page() -> str:
    """Every operation of MLflow's REST API that is answered, and what of it is not here."""
    subjects: dict[str, set[tuple[str, str]]] = {}
    titles: dict[str, str] = {}
    paths = {(route.path, route.method) for route in all_routes()}
    for route in all_routes():
        twin = "/api/" + route.path.removeprefix("/ajax-api/")
        if route.path.startswith("/ajax-api/") and (twin, route.method) in paths:
            continue
        module = inspect.getmodule(route.handler)
        assert module is not None
        name = module.__name__.rpartition(".")[2]
        titles[name] = inspect.cleandoc(module.__doc__ or "").splitlines()[0]
        subjects.setdefault(name, set()).add((route.path, route.method))
    lines = [
        "# MLflow's REST API\n",
        f"The server speaks the API of MLflow {MLFLOW_VERSION}. What stands under `/api/` also stands under",
        '`/ajax-api/`. Errors are `{"error_code", "message"}`; see [errors](errors.md).\n',
        "## Answered\n",
    ]
    for name, operations in sorted(subjects.items()):
        lines += [f"### {name}\n", f"{titles[name]}\n"]
        lines += [f"- `{method} {path}`" for path, method in sorted(operations)]
        lines.append("")
    lines += [
        "## Not here\n",
        "These answer 501 `NOT_IMPLEMENTED`, which clients do not try again. Any other path is 404.\n",
        "| what | paths below `/api/<version>/mlflow/` | other paths |",
        "| --- | --- | --- |",
    ]
    for area in dict.fromkeys([*absent.AREAS, *absent.OTHER_AREAS]):
        cells = (absent.AREAS.get(area, ()), absent.OTHER_AREAS.get(area, ()))
        lines.append(f"| {area} | {' | '.join(', '.join(f'`{one}`' for one in cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

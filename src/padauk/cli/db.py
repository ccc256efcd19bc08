"""``padauk db``: the schema of a database."""

from __future__ import annotations

import click

from padauk.cli.frame import App, verb

_URL = click.argument(
    "url", envvar=["PADAUK_DATABASE", "MLFLOW_BACKEND_STORE_URI"], default="sqlite:///padauk.db"
)


@click.group("db", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Look at and upgrade the schema of a database (default: sqlite:///padauk.db)."""


@verb("current")
@_URL
def current_command(app: App, url: str) -> None:
    """Show the schema's revision."""
    from padauk.db import schema

    there = _current(url)
    app.out.data({"current": there, "head": schema.HEAD})
    if there is None:
        app.out.print("no tables of padauk yet: 'padauk server' or 'padauk db upgrade' makes them")
    else:
        app.out.print(f"{there} (head)" if there == schema.HEAD else f"{there}, the newest is {schema.HEAD}")


@verb("upgrade")
@_URL
def upgrade_command(app: App, url: str) -> None:
    """Bring the schema to the newest revision; make a backup first."""
    from padauk.db import schema

    there = _current(url)
    if there != schema.HEAD:
        schema.upgrade(url, there)
    app.out.data({"before": there, "current": schema.HEAD})
    app.out.print(f"already {schema.HEAD}" if there == schema.HEAD else f"{there or 'empty'} → {schema.HEAD}")


@verb("check")
@_URL
def check_command(app: App, url: str) -> None:
    """Compare the tables with what they should be; exits 1 when they differ."""
    from padauk.db import schema

    there = _current(url)
    found = schema.differences(url)
    app.out.data({"current": there, "head": schema.HEAD, "differences": found})
    for line in found:
        app.out.print(line)
    if found or there != schema.HEAD:
        app.out.hint("'padauk db upgrade' may help")
        raise click.exceptions.Exit(1)
    app.out.print(f"all tables are as they should be ({there})")


def _current(url: str) -> str | None:
    from padauk.core.errors import InputError, UnavailableError
    from padauk.db import schema

    try:
        return schema.current(url)
    except ModuleNotFoundError as error:
        raise InputError(
            "PostgreSQL needs the driver psycopg", hint="pip install 'padauk[postgres]'"
        ) from error
    except Exception as error:
        from sqlalchemy.exc import ArgumentError, SQLAlchemyError

        if isinstance(error, ArgumentError):
            raise InputError(
                f"{url!r} is no database URL", hint="use sqlite:///file.db or postgresql://…"
            ) from error
        if isinstance(error, SQLAlchemyError):
            text = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise UnavailableError(f"the database does not answer: {text}") from error
        raise


for one in (current_command, upgrade_command, check_command):
    command.add_command(one)

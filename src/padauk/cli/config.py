"""``padauk config``: show and change padauk's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import NotARepositoryError

if TYPE_CHECKING:
    from pathlib import Path

_SECRET = ("token", "password")


@verb("config")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("-u", "--unset", is_flag=True, help="Remove the setting.")
@click.option("--global", "everywhere", is_flag=True, help="For this user, not for this repository.")
@click.option("--show-origin", is_flag=True, help="Also say where each value was set.")
def command(
    app: App, name: str | None, value: str | None, unset: bool, everywhere: bool, show_origin: bool
) -> None:
    """Show the settings, or set NAME to VALUE.

    DVC's settings (remotes, cache) are in .dvc/config: see 'padauk remote' and 'padauk cache'.
    """
    from padauk import config
    from padauk.config.load import repository_file, user_file

    if name and (unset or value is not None):
        path: Path | None = user_file() if everywhere else repository_file()
        if path is None:
            raise NotARepositoryError(
                "no repository here to set this for", hint="'padauk init' makes one; --global sets it for you"
            )
        if unset:
            config.unset_setting(path, name)
        else:
            config.set_setting(path, name, value or "")
        return
    values = {key: _value(app, key) for key in config.SETTINGS}
    if name:
        if name not in values:
            from padauk.core.errors import InputError

            raise InputError(f"unknown setting {name!r}", hint=f"known: {', '.join(values)}")
        values = {name: values[name]}
    app.out.data(values)
    for key, found in values.items():
        if found is None:
            if name:
                app.out.note(f"{key} is not set")
            continue
        shown = "********" if key.endswith(_SECRET) else found
        origin = f"  ({app.settings.origins[key]})" if show_origin else ""
        app.out.print(f"{shown}{origin}" if name else f"{key} = {shown}{origin}")


def _value(app: App, key: str) -> str | None:
    table, _, field = key.partition(".")
    found: str | None = getattr(getattr(app.settings, table), field)
    return "********" if app.json and found and key.endswith(_SECRET) else found

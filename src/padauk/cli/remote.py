"""``padauk remote``: the places that data is pushed to and pulled from."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import AlreadyExistsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.repo.config import Config, File, Level

F = TypeVar("F", bound="Callable[..., Any]")


def _levels(function: F) -> F:
    """Add ``--global --system --project --local``; the verb gets the one chosen as ``level``."""

    @functools.wraps(function)
    def wrapper(*args: Any, **rest: Any) -> Any:
        chosen = [name for name in ("global", "system", "project", "local") if rest.pop(f"_{name}")]
        if len(chosen) > 1:
            raise click.UsageError(f"--{chosen[0]} and --{chosen[1]} exclude each other")
        return function(*args, level=chosen[0] if chosen else None, **rest)

    for name, text in (
        ("local", "Settings of this clone (.dvc/config.local, not in git)."),
        ("project", "Settings of the repository (.dvc/config), the default."),
        ("system", "Settings of this machine."),
        ("global", "Settings of this user."),
    ):
        wrapper = click.option(f"--{name}", f"_{name}", is_flag=True, help=text)(wrapper)
    return wrapper  # type: ignore[return-value]


def _config(level: Level | None) -> Config:
    from padauk.config.dvc import dvc_dirs
    from padauk.core.errors import NotARepositoryError
    from padauk.repo import Config, Repo

    try:
        return Repo.open(dirs=dvc_dirs()).config
    except NotARepositoryError:
        if level not in ("global", "system"):
            raise
        return Config(None, dvc_dirs())


def _known(config: Config, name: str) -> None:
    names = config.unchecked().named["remote"]
    if name not in names:
        raise NotFoundError(
            f"there is no remote {name!r}",
            hint=f"known: {', '.join(names)}" if names else f"'padauk remote add {name} URL' adds it",
        )


def _own(file: File, config: Config, name: str, level: Level | None) -> None:
    if name not in file.named["remote"]:
        _known(config, name)
        raise NotFoundError(
            f"remote {name!r} is not set at the {level or 'project'} level",
            hint="--global, --system or --local chooses another level",
        )


@click.group("remote", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Set up the places that data is pushed to and pulled from."""


@verb("add")
@click.argument("name")
@click.argument("url")
@click.option("-d", "--default", is_flag=True, help="Use it where no other remote is named.")
@click.option("-f", "--force", is_flag=True, help="Replace a remote of that name.")
@_levels
def add(app: App, name: str, url: str, default: bool, force: bool, level: Level | None) -> None:
    """Add the remote NAME at URL: a folder, s3://bucket/prefix, ssh://host/path, …"""
    config, name = _config(level), name.lower()

    def change(file: File) -> None:
        if name in file.named["remote"] and not force:
            raise AlreadyExistsError(
                f"there is a remote {name!r} already",
                hint="-f replaces it; 'padauk remote modify' changes it",
            )
        file.named["remote"][name] = {"url": url}
        if default:
            file.plain["core"]["remote"] = name

    config.edit(level or "project", change)
    shown = config.merged().named["remote"][name]["url"]
    app.out.data({"name": name, "url": shown, "default": default})
    app.out.print(f"Added remote {name}  {shown}{'  (default)' if default else ''}")
    if not default and config.default_remote is None:
        app.out.hint(f"no default remote yet: 'padauk remote default {name}' sets it")


@verb("list")
@_levels
def list_(app: App, level: Level | None) -> None:
    """List the remotes and their URLs."""
    config = _config(level)
    file = config.level(level) if level else config.unchecked()
    default = file.plain.get("core", {}).get("remote")
    remotes = {name: options.get("url") for name, options in file.named["remote"].items()}
    app.out.data([{"name": name, "url": url, "default": name == default} for name, url in remotes.items()])
    wide = max(map(len, remotes), default=0)
    for name, url in remotes.items():
        mark = app.out.style("  (default)", "good") if name == default else ""
        app.out.print(f"{name:<{wide}}  {url}{mark}")
    if not remotes:
        app.out.note("no remotes; 'padauk remote add -d NAME URL' adds one")


@verb("modify")
@click.argument("name")
@click.argument("option")
@click.argument("value", required=False)
@click.option("-u", "--unset", is_flag=True, help="Remove the setting.")
@_levels
def modify(app: App, name: str, option: str, value: str | None, unset: bool, level: Level | None) -> None:
    """Set OPTION of the remote NAME to VALUE (url, jobs, endpointurl, …).

    Secrets belong to one clone: use --local.
    """
    if value is None and not unset:
        raise click.UsageError("give a VALUE, or --unset to remove the setting")
    config, name, option = _config(level), name.lower(), option.lower()
    _known(config, name)

    def change(file: File) -> None:
        options = file.named["remote"].setdefault(name, {})
        if value is None or unset:
            options.pop(option, None)
        else:
            options[option] = value

    config.edit(level or "project", change)


@verb("default")
@click.argument("name", required=False)
@click.option("-u", "--unset", is_flag=True, help="Have no default remote.")
@_levels
def default(app: App, name: str | None, unset: bool, level: Level | None) -> int | None:
    """Show the default remote, or make NAME the default."""
    config = _config(level)
    if name is None and not unset:
        file = config.level(level) if level else config.unchecked()
        found = file.plain.get("core", {}).get("remote")
        app.out.data({"default": found})
        if found is None:
            app.out.note("no default remote set")
            return 1
        app.out.print(str(found))
        return None
    chosen = name.lower() if name else None
    if chosen and not unset:
        _known(config, chosen)

    def change(file: File) -> None:
        if unset or chosen is None:
            file.plain["core"].pop("remote", None)
        else:
            file.plain["core"]["remote"] = chosen

    config.edit(level or "project", change)
    return None


@verb("remove")
@click.argument("name")
@_levels
def remove(app: App, name: str, level: Level | None) -> None:
    """Forget the remote NAME; nothing is deleted there."""
    config, name = _config(level), name.lower()

    _own(config.level(level or "project"), config, name, level)

    def forget(file: File) -> None:
        if file.plain.get("core", {}).get("remote") == name:
            del file.plain["core"]["remote"]
        file.named["remote"].pop(name, None)

    for above in _above(level):
        # what a level that wins says of the remote (a key, the default) means nothing without it
        settings = config.level(above)
        if name in settings.named["remote"] or settings.plain.get("core", {}).get("remote") == name:
            config.edit(above, forget)


@verb("rename")
@click.argument("name")
@click.argument("new")
@_levels
def rename(app: App, name: str, new: str, level: Level | None) -> None:
    """Call the remote NAME by the name NEW."""
    config, name, new = _config(level), name.lower(), new.lower()
    if new in config.unchecked().named["remote"]:
        raise AlreadyExistsError(f"there is a remote {new!r} already")

    def rename_default(file: File) -> None:
        if file.plain.get("core", {}).get("remote") == name:
            file.plain["core"]["remote"] = new

    def change(file: File) -> None:
        _own(file, config, name, level)
        remotes = file.named["remote"]
        remotes[new] = remotes.pop(name)
        rename_default(file)

    config.edit(level or "project", change)
    for above in _above(level):
        if above in config.files and config.level(above).plain.get("core", {}).get("remote") == name:
            config.edit(above, rename_default)


def _above(level: Level | None) -> tuple[Level, ...]:
    """The levels that win over ``level``, and itself: their default may name the remote."""
    from padauk.repo.config import LEVELS

    return tuple(reversed(LEVELS[LEVELS.index(level or "project") :]))


for _verb in (add, list_, modify, default, remove, rename):
    command.add_command(_verb)

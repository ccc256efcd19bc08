"""What every verb shares: the options that stand before or after it, and the value they become."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from padauk.cli.output import Output
from padauk.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.core.settings import Settings

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass
class App:
    """The state of one call of the command: how to speak, where to stand, what is configured."""

    json: bool = False
    verbosity: int = 0
    traceback: bool = False
    out: Output = field(default_factory=Output)

    @functools.cached_property
    def settings(self) -> Settings:
        """Flags, environment and files, as one value (read on first use)."""
        from padauk.config import load_settings

        return load_settings()

    def absorb(self, *, json: bool, quiet: int, verbose: int, cd: str | None, traceback: bool) -> None:
        """Take in one set of shared options; those of the verb add to those before it."""
        self.json = self.json or json
        self.verbosity += verbose - quiet
        self.traceback = self.traceback or traceback
        self.out.configure(json=self.json, verbosity=self.verbosity)
        if cd:
            try:
                os.chdir(cd)
            except OSError as error:
                raise NotFoundError(f"cannot change to {cd!r}: {error.strerror}") from error


_OPTIONS = (
    click.option("--json", "_json", is_flag=True, help="Print the result as JSON."),
    click.option("-q", "--quiet", "_quiet", count=True, help="Say less."),
    click.option("-v", "--verbose", "_verbose", count=True, help="Say more."),
    click.option("--cd", "_cd", metavar="DIR", help="Work as if started in DIR."),
    click.option("--traceback", "_traceback", is_flag=True, help="Show where an error was raised."),
)


def shared_options(function: F) -> F:
    """Add ``--json -q -v --cd --traceback`` and pass the verb its :class:`App` as ``app``."""

    @functools.wraps(function)
    @click.pass_obj
    def wrapper(
        app: App,
        /,
        *args: Any,
        _json: bool,
        _quiet: int,
        _verbose: int,
        _cd: str | None,
        _traceback: bool,
        **rest: Any,
    ) -> Any:
        app.absorb(json=_json, quiet=_quiet, verbose=_verbose, cd=_cd, traceback=_traceback)
        return function(app, *args, **rest)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]


def verb(name: str | None = None, **settings: Any) -> Callable[[F], click.Command]:
    """Decorate a function into a command with the shared options; it gets ``app`` as first argument."""

    def decorate(function: F) -> click.Command:
        command: click.Command = click.command(name, **settings)(shared_options(function))  # type: ignore[no-untyped-call]
        return command

    return decorate

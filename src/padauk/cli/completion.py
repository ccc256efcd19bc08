"""``padauk completion``: the shell's own completion script for this command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from padauk.cli.frame import App, verb


@verb("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(app: App, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  padauk completion bash > ~/.local/share/bash-completion/completions/padauk
    zsh:   padauk completion zsh > "${fpath[1]}/_padauk"
    fish:  padauk completion fish > ~/.config/fish/completions/padauk.fish
    """
    from padauk.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    click.echo(kind(cli, {}, "padauk", "_PADAUK_COMPLETE").source())

"""``padauk demo``: the whole loop on real data, told in the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from padauk.cli.frame import App, verb


@verb("demo")
@click.argument("folder", metavar="[DIR]", default="padauk-demo", type=click.Path(path_type=Path))
@click.option("--serve", is_flag=True, help="Keep the server running at the end.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the server. [default: a free one]")
def command(app: App, folder: Path, serve: bool, port: int | None) -> None:
    """Make a repository in DIR and tell its story: data, pipeline, runs, models, lineage.

    Trains small networks on 1,797 handwritten digits, twice on two versions of the data and once with
    another parameter. Needs no network. Run again on the same DIR it finds everything done and only shows it.
    """
    from padauk.demo import tell

    tell(folder, serve=serve, port=port, colour=app.out.colour, say=lambda text: click.echo(text))

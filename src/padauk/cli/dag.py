"""``padauk dag``: the pipeline as a picture."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_repo

if TYPE_CHECKING:
    from padauk.pipeline.dag import Dag


@verb("dag")
@click.argument("target", required=False)
@click.option("--dot", is_flag=True, help="For Graphviz.")
@click.option("--mermaid", is_flag=True, help="For Mermaid.")
@click.option("--md", "markdown", is_flag=True, help="Mermaid in a Markdown block.")
@click.option("--full", is_flag=True, help="With a target: the whole pipeline that it belongs to.")
@click.option("-o", "--outs", is_flag=True, help="Outputs in place of stages.")
@click.option(
    "--collapse-foreach-matrix", "collapsed", is_flag=True, help="One node for each foreach or matrix."
)
def command(
    app: App,
    target: str | None,
    dot: bool,
    mermaid: bool,
    markdown: bool,
    full: bool,
    outs: bool,
    collapsed: bool,
) -> None:
    """Draw the stages, and what each reads; with TARGET only that and what it depends on."""
    from padauk.pipeline import Pipeline, dag
    from padauk.pipeline.targets import find_nodes

    if outs and collapsed:
        raise click.UsageError("--outs and --collapse-foreach-matrix do not go together")
    pipeline = Pipeline.load(open_repo())
    targets = find_nodes(pipeline.nodes, [target], os.getcwd()) if target else ()
    if outs:
        picture = dag.output_dag(pipeline.graph, os.getcwd(), targets, full=full)
    else:
        picture = dag.stage_dag(pipeline.graph, os.getcwd(), targets, full=full)
    if collapsed:
        picture = dag.collapse(picture)
    app.out.data({"nodes": list(picture.names), "edges": [list(edge) for edge in picture.edges]})
    if dot:
        app.out.print(dag.to_dot(picture))
    elif mermaid or markdown:
        app.out.print(dag.to_mermaid(picture, markdown=markdown))
    elif picture.names:
        app.out.print(_draw(picture))
    else:
        app.out.note("no stages and no tracked data here yet")


def _draw(picture: Dag) -> str:
    from padauk.pipeline.dag import to_list
    from padauk.pipeline.drawing import draw

    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    text = draw(picture, plain=plain)
    if sys.stdout.isatty():
        width = os.get_terminal_size().columns
        if any(len(line) > width for line in text.splitlines()):
            return to_list(picture)
    return text

"""``padauk stage``: add stages to dvc.yaml, and list them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_repo

if TYPE_CHECKING:
    from padauk.pipeline import Stage

# flag -> (section of dvc.yaml, kept in the cache, kept in place)
_OUTS = {
    "outs_persist": ("outs", True, True),
    "outs_persist_no_cache": ("outs", False, True),
    "metrics": ("metrics", True, False),
    "metrics_no_cache": ("metrics", False, False),
    "plots": ("plots", True, False),
    "plots_no_cache": ("plots", False, False),
    "outs_no_cache": ("outs", False, False),
    "outs": ("outs", True, False),
}


@click.group("stage")
def command() -> None:
    """Add stages to dvc.yaml, and list them."""


@verb("add", context_settings={"allow_interspersed_args": False})
@click.option("-n", "--name", required=True, help="Name of the stage.")
@click.option("-d", "--deps", multiple=True, metavar="PATH", help="A file or folder that the command reads.")
@click.option("-p", "--params", multiple=True, metavar="[FILE:]NAME,…", help="Parameters that it reads.")
@click.option("-o", "--outs", multiple=True, metavar="PATH", help="A file or folder that it writes.")
@click.option("-O", "--outs-no-cache", multiple=True, metavar="PATH", help="The same, left to git.")
@click.option("--outs-persist", multiple=True, metavar="PATH", help="The same, not removed before a run.")
@click.option("--outs-persist-no-cache", multiple=True, metavar="PATH", help="Left to git and not removed.")
@click.option("-m", "--metrics", multiple=True, metavar="PATH", help="A metrics file that it writes.")
@click.option("-M", "--metrics-no-cache", multiple=True, metavar="PATH", help="The same, left to git.")
@click.option("--plots", multiple=True, metavar="PATH", help="A plots file that it writes.")
@click.option("--plots-no-cache", multiple=True, metavar="PATH", help="The same, left to git.")
@click.option("-w", "--wdir", metavar="PATH", help="Folder to run in; the other paths are relative to it.")
@click.option("-f", "--force", is_flag=True, help="Overwrite a stage of this name.")
@click.option("--desc", help="A description for people.")
@click.option("--always-changed", is_flag=True, help="Run it each time.")
@click.option("--run", "run_it", is_flag=True, help="Run it after adding it.")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND")
def add(
    app: App,
    name: str,
    deps: tuple[str, ...],
    params: tuple[str, ...],
    wdir: str | None,
    force: bool,
    desc: str | None,
    always_changed: bool,
    run_it: bool,
    words: tuple[str, ...],
    **outs: Any,
) -> Any:
    """Add a stage that runs COMMAND to the dvc.yaml here."""
    from padauk.pipeline.declare import Draft, DraftOut, add_stage, join_command, parse_params

    here = os.getcwd()
    repo = open_repo()
    draft = Draft(
        name=name,
        cmd=join_command(words),
        wdir=os.path.normpath(os.path.join(here, wdir or ".")),
        deps=deps,
        params=parse_params(params),
        outs=tuple(DraftOut(path, *_OUTS[flag]) for flag in _OUTS for path in outs[flag]),
        desc=desc,
        always_changed=always_changed,
    )
    changed = add_stage(repo, draft, here, force=force)
    files = [os.path.relpath(path) for path in changed]
    app.out.data({"stage": name, "changed": files})
    app.out.print(f"Added stage {name!r} to dvc.yaml")
    if repo.scm is not None and repo.config.flag("core", "autostage"):
        repo.scm.add(changed)
    if run_it:
        from padauk.cli.repro import command as repro

        return click.get_current_context().invoke(repro, targets=(name,), single_item=True)
    app.out.hint(f"next: padauk repro {name}")
    return None


@verb("list")
@click.argument("targets", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="The stages of the whole repository.")
@click.option("-R", "--recursive", is_flag=True, help="Targets may be folders: all stages inside.")
@click.option("--name-only", "--names-only", is_flag=True, help="Only the names.")
@click.option("--fail", is_flag=True, hidden=True, help="As without it: a broken dvc.yaml is an error.")
def list_(
    app: App, targets: tuple[str, ...], everything: bool, recursive: bool, name_only: bool, fail: bool
) -> None:
    """List the stages of the dvc.yaml here, or of TARGETS."""
    from padauk.pipeline import Pipeline, Stage
    from padauk.pipeline.targets import default_nodes, find_nodes

    here = os.getcwd()
    pipeline = Pipeline.load(open_repo())
    nodes = list(pipeline.nodes)
    if targets:
        nodes = find_nodes(nodes, targets, here, recursive=recursive)
    elif not everything:
        nodes = default_nodes(nodes, here)
    stages = [node for node in nodes if isinstance(node, Stage)]
    app.out.data([_facts(stage, here) for stage in stages])
    if name_only:
        for stage in stages:
            app.out.print(stage.address_from(here))
    elif stages:
        app.out.table(("stage", "about"), [(stage.address_from(here), _about(stage)) for stage in stages])
    else:
        app.out.note("no stages")


def _facts(stage: Stage, here: str) -> dict[str, Any]:
    return {
        "stage": stage.address_from(here),
        "cmd": stage.cmd,
        "wdir": os.path.relpath(stage.wdir, here),
        "deps": [os.path.relpath(dep.path, here) for dep in stage.deps],
        "params": {os.path.relpath(dep.path, here): list(dep.keys) for dep in stage.params},
        "outs": [os.path.relpath(out.path, here) for out in stage.outs],
        "metrics": [os.path.relpath(out.path, here) for out in stage.metrics],
        "frozen": stage.frozen,
        "desc": stage.desc,
    }


def _about(stage: Stage, width: int = 80) -> str:
    if stage.desc and stage.desc.strip():
        text = stage.desc.strip().splitlines()[0]
    else:
        outs = ", ".join(out.declared for out in stage.outs if out.kind == "out")
        reports = ", ".join(out.declared for out in stage.outs if out.kind != "out")
        parts = [f"Outputs {outs}" if outs else "", f"Reports {reports}" if reports else ""]
        text = "; ".join(part for part in parts if part)
        if not text:
            deps = ", ".join(dep.spec for dep in stage.deps)
            text = f"Depends on {deps}" if deps else "No outputs or dependencies"
    return text if len(text) <= width else text[: width - 1] + "…"


command.add_command(add)
command.add_command(list_)

"""``padauk repro``: bring stages up to date."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import StageFailedError

if TYPE_CHECKING:
    from padauk.cli.progress import Narrator
    from padauk.pipeline import Observers, Repro, ReproOutcome, ReproPlan, Shell, Stage


@verb("repro")
@click.argument("targets", nargs=-1)
@click.option("-f", "--force", is_flag=True, help="Run the stages even if nothing changed.")
@click.option("-s", "--single-item", is_flag=True, help="Only the targets, not what they depend on.")
@click.option("-i", "--interactive", is_flag=True, help="Ask before each stage.")
@click.option("-p", "--pipeline", is_flag=True, help="The whole pipelines that the targets belong to.")
@click.option("-P", "--all-pipelines", is_flag=True, help="All pipelines of the repository.")
@click.option("-R", "--recursive", is_flag=True, help="Targets may be folders: all stages inside.")
@click.option("--downstream", is_flag=True, help="From the targets on, to all that depends on them.")
@click.option(
    "--force-downstream", is_flag=True, help="Run what comes after a stage that ran, changed or not."
)
@click.option("--pull", is_flag=True, help="Get missing data from the remote.")
@click.option("--allow-missing", is_flag=True, help="Leave out stages where only data is missing.")
@click.option("--dry", is_flag=True, help="Only say what would be done, and why.")
@click.option(
    "-k", "--keep-going", is_flag=True, help="After a failure go on with what does not depend on it."
)
@click.option("--ignore-errors", is_flag=True, help="After a failure go on with everything.")
@click.option("--glob", is_flag=True, help="Targets may be patterns: 'train*'.")
@click.option("--no-commit", is_flag=True, help="Do not put outputs into the cache.")
@click.option("--no-run-cache", is_flag=True, help="Run even what ran before with the same inputs.")
@click.option("--no-record", is_flag=True, help="Keep no record, and tell the tracking server nothing.")
def command(app: App, targets: tuple[str, ...], **flags: Any) -> Any:
    """Run the stages of dvc.yaml that changed, in order; skip the rest.

    TARGETS are stages, dvc.yaml or .dvc files, or outputs; without any, the dvc.yaml here. What ran before
    with the same inputs is restored from the cache instead.
    """
    from padauk.cli.progress import Narrator

    narrator = Narrator(app.out)
    repro = _prepare(app, targets, flags, narrator)
    if not flags["no_record"]:
        repro.observer = _recorded(app, repro, narrator)
    if flags["dry"]:
        plan = repro.plan()
        app.out.data(plan.to_json())
        _show_plan(app, plan)
        return None
    outcome = repro.run()
    app.out.data(narrator.to_json(outcome))
    _next_steps(app, repro, outcome)
    if outcome.status == "interrupted":
        app.out.error("interrupted", "run it again to go on where it stopped")
        return 128 + int(outcome.signal or signal.SIGINT)
    if outcome.status == "failed" and not flags["ignore_errors"]:
        failed = [record.stage.address for record in outcome.records if record.outcome == "failed"]
        if outcome.failure and len(failed) < 2:
            raise outcome.failure
        raise StageFailedError(f"{len(failed)} stages failed: {', '.join(failed)}", hint=_logs(outcome))
    return None


def _logs(outcome: ReproOutcome) -> str | None:
    logs = [record.log for record in outcome.records if record.outcome == "failed" and record.log]
    return f"their output is in {os.path.relpath(os.path.dirname(logs[0]))}" if logs else None


def _prepare(app: App, targets: tuple[str, ...], flags: dict[str, Any], narrator: Any) -> Repro:
    from padauk.cli.here import open_workspace
    from padauk.pipeline import Repro, ReproOptions
    from padauk.pipeline.targets import default_nodes, find_nodes
    from padauk.workspace.supply import DataSupply

    workspace = open_workspace(app)
    repo, pipeline = workspace.repo, workspace.index.pipeline
    here = os.getcwd()
    chosen = None
    if not flags["all_pipelines"]:
        chosen = (
            find_nodes(pipeline.nodes, targets, here, recursive=flags["recursive"], glob=flags["glob"])
            if targets
            else default_nodes(pipeline.nodes, here)
        )
    whole = flags["pipeline"] or flags["all_pipelines"]
    if flags["single_item"] and chosen is not None and not whole:
        order = chosen
    else:
        order = pipeline.graph.order(chosen, downstream=flags["downstream"] and not whole, whole=whole)
    options = ReproOptions(
        force=flags["force"],
        force_downstream=flags["force_downstream"],
        allow_missing=flags["allow_missing"],
        run_cache=not flags["no_run_cache"],
        commit=not flags["no_commit"],
        on_error="ignore" if flags["ignore_errors"] else "keep-going" if flags["keep_going"] else "fail",
    )
    ask = flags["interactive"] or repo.config.flag("core", "interactive")
    return Repro(
        repo,
        pipeline.graph,
        order,
        options,
        _shell(app),
        narrator,
        app.out.reporter,
        supply=DataSupply(workspace),
        pull=flags["pull"],
        confirm=_confirm if ask else None,
        targets=targets,
    )


def _recorded(app: App, repro: Repro, narrator: Narrator) -> Observers:
    """The narrator, and a recorder that makes runs of what happens."""
    import getpass
    import shlex

    from padauk.client.recorder import Origin, Recorder
    from padauk.pipeline import Observers

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        user = str(os.getuid())
    given = click.get_current_context().params
    flags = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is True]
    origin = Origin(repro.repo.root, shlex.join(["padauk", "repro", *flags, *repro.targets]), user)
    recorder = Recorder(origin, app.settings.tracking, git=repro.repo.scm, reporter=app.out.reporter)
    return Observers(narrator, recorder)


def _shell(app: App) -> Shell:
    from padauk.pipeline import Shell

    # with --json stdout is for the result alone
    return Shell(os.environ.get("SHELL") or "/bin/sh", dict(os.environ), 2 if app.json else 1, 2)


def _confirm(stage: Stage) -> bool:
    return click.confirm(f"Run stage {stage.address!r}?", default=True, err=True)


def _show_plan(app: App, plan: ReproPlan) -> None:
    rows = [(step.stage.address, step.action, "; ".join(step.reasons)) for step in plan.steps]
    if rows:
        app.out.table(("stage", "action", "why"), rows)
        app.out.print()
    for step in plan.steps:
        if step.action in ("run", "depends"):
            for text in step.stage.commands:
                app.out.print(app.out.style(f"{step.stage.address} > {text}", "dim"))
    app.out.note(plan.summary())


def _next_steps(app: App, repro: Repro, outcome: ReproOutcome) -> None:
    files = [os.path.relpath(path) for path in repro.touched]
    if files and repro.repo.scm is not None:
        if repro.repo.config.flag("core", "autostage"):
            repro.repo.scm.add(repro.touched)
        elif outcome.status == "finished":
            app.out.hint(f"next: git add {' '.join(files)}")

"""The ``padauk`` command: a lazy table of verbs, and what happens when one of them fails."""

from __future__ import annotations

import importlib
import operator
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

import padauk
from padauk.cli.frame import App, shared_options
from padauk.core.errors import PadaukError

if TYPE_CHECKING:
    from collections.abc import Sequence

# section -> verb -> (module, one line). The line stands here so that help needs no import of the verb.
VERBS: dict[str, dict[str, tuple[str, str]]] = {
    "Data": {
        "init": ("padauk.cli.init", "Make a folder a repository."),
        "add": ("padauk.cli.add", "Track files and folders."),
        "status": ("padauk.cli.status", "Say what is not as recorded."),
        "diff": ("padauk.cli.diff", "Say what changed between two versions."),
        "checkout": ("padauk.cli.checkout", "Make the workspace hold what is recorded."),
        "commit": ("padauk.cli.commit", "Record what the workspace holds now."),
        "remote": ("padauk.cli.remote", "Set up the places that data is pushed to and pulled from."),
        "push": ("padauk.cli.push", "Send recorded data to a remote."),
        "fetch": ("padauk.cli.fetch", "Bring recorded data from a remote into the cache."),
        "pull": ("padauk.cli.pull", "Bring recorded data from a remote into the workspace."),
    },
    "Pipelines": {
        "repro": ("padauk.cli.repro", "Run the stages that changed, in order."),
        "dag": ("padauk.cli.dag", "Draw the pipeline."),
        "stage": ("padauk.cli.stage", "Add stages to dvc.yaml, and list them."),
        "params": ("padauk.cli.params", "Compare parameters between commits."),
        "metrics": ("padauk.cli.metrics", "Show metrics, and compare them between commits."),
    },
    "Tracking": {
        "sync": ("padauk.cli.sync", "Send recorded runs to the tracking server, or copy between servers."),
        "runs": ("padauk.cli.runs", "List and look at tracked runs."),
        "db": ("padauk.cli.db", "Look at and upgrade the schema of a database."),
        "import": ("padauk.cli.importing", "Bring an MLflow store over."),
        "server": ("padauk.cli.server", "Serve experiments, runs and models to the mlflow client."),
        "ui": ("padauk.cli.ui", "Open the tracking server's web page in a browser."),
    },
    "Lineage": {
        "lineage": ("padauk.cli.lineage", "Show what something came from, and what came of it."),
    },
    "padauk itself": {
        "demo": ("padauk.cli.demo", "See the whole loop on real data, in under a minute."),
        "config": ("padauk.cli.config", "Show and change padauk's settings."),
        "completion": ("padauk.cli.completion", "Print a completion script for bash, zsh or fish."),
    },
}


class VerbTable(click.Group):
    """A group whose verbs are imported only when one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [verb for verbs in VERBS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for verbs in VERBS.values():
            if cmd_name in verbs:
                command: click.Command = importlib.import_module(verbs[cmd_name][0]).command
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            also = f"Did you mean '{near[0]}'?" if near else "'padauk --help' lists the commands."
            raise click.UsageError(f"No such command '{args[0]}'. {also}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, verbs in filter(operator.itemgetter(1), VERBS.items()):
            with formatter.section(section):
                formatter.write_dl([(verb, line) for verb, (_, line) in verbs.items()])


@click.group(
    cls=VerbTable,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=False,
)
@click.version_option(padauk.__version__, "-V", "--version", message="padauk %(version)s")
@shared_options
def cli(app: App) -> None:
    """Version data, run pipelines, track runs, register models, and ask where a model came from."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code (see ``core.errors``)."""
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; writes to the standard streams, never raises."""
    app = App()
    try:
        result: Any = cli.main(args=args, prog_name="padauk", standalone_mode=False, obj=app)
        # click hands back the exit code of ctx.exit(), and else what the verb returned
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.exceptions.Abort:
        app.out.error("interrupted")
        return 130
    except KeyboardInterrupt:
        app.out.error("interrupted")
        return 130
    except click.ClickException as error:
        app.out.usage_error(error)
        return error.exit_code
    except PadaukError as error:
        if app.traceback:
            raise
        app.out.failure(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader left (`padauk dag | head`): silence the interpreter's own flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # the last line of defence: say it in a line, not in a page
        if app.traceback:
            raise
        app.out.internal_error(error)
        return 70

"""What a person sees while ``repro`` works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.pipeline import Observer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from padauk.cli.output import Output
    from padauk.pipeline import ReproOutcome, ReproPlan, Stage, StageRecord


class Narrator(Observer):
    """Tells each step in a line."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._reasons: dict[Stage, str] = {}

    def begin(self, plan: ReproPlan) -> None:
        self._reasons = {
            step.stage: f"{', '.join(step.after)} wrote something new"
            if step.after
            else "; ".join(step.reasons)
            for step in plan.steps
        }
        if any(step.action != "skip" for step in plan.steps):
            self._out.print(plan.summary())

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        why = self._reasons.get(stage)
        self._out.print()
        self._out.print(self._out.style(stage.address, "name") + (f"  ({why})" if why else ""))
        return {}

    def command_started(self, stage: Stage, command: str) -> None:
        self._out.print(self._out.style(f"> {command}", "dim"))

    def stage_skipped(self, stage: Stage) -> None:
        self._out.reporter.detail(f"{stage.address} is up to date")

    def stage_restored(self, record: StageRecord) -> None:
        self._out.print()
        how = "outputs recorded" if record.stage.frozen else "restored from an earlier run"
        self._out.print(f"{self._out.style(record.stage.address, 'name')}  {self._good(how)}")

    def stage_finished(self, record: StageRecord) -> None:
        if record.outcome == "finished":
            line = self._good(f"finished in {seconds(record)}")
            shown = ", ".join(f"{name} {value:.5g}" for name, value in list(record.metrics.items())[:4])
            self._out.print(f"{record.stage.address} {line}" + (f": {shown}" if shown else ""))

    def end(self, outcome: ReproOutcome) -> None:
        done = [record for record in outcome.records if record.outcome == "finished"]
        restored = [record for record in outcome.records if record.outcome == "restored"]
        parts = [f"{len(done)} ran" if done else "", f"{len(restored)} restored" if restored else ""]
        parts += [f"{len(outcome.skipped)} up to date" if outcome.skipped else ""]
        parts += [f"{len(outcome.blocked)} left out" if outcome.blocked else ""]
        if not outcome.records:
            count = len(outcome.skipped)
            self._out.print(
                f"Up to date ({count} stage{'' if count == 1 else 's'})" if count else "Nothing to do"
            )
        elif outcome.status == "finished":
            self._out.print()
            self._out.print(", ".join(part for part in parts if part))

    def to_json(self, outcome: ReproOutcome) -> dict[str, Any]:
        """The outcome for a machine."""
        return {
            "status": outcome.status,
            "stages": [
                {
                    "stage": record.stage.address,
                    "outcome": record.outcome,
                    "why": self._reasons.get(record.stage),
                    "exit_code": record.exit_code,
                    "seconds": round((record.ended - record.started).total_seconds(), 3),
                    "metrics": record.metrics,
                    "log": record.log,
                    "error": record.error,
                }
                for record in outcome.records
            ],
            "up_to_date": [stage.address for stage in outcome.skipped],
            "left_out": [stage.address for stage in outcome.blocked],
        }

    def _good(self, text: str) -> str:
        return self._out.style(text, "good")


def seconds(record: StageRecord) -> str:
    """``0.4 s``, ``2:05``."""
    took = (record.ended - record.started).total_seconds()
    return f"{took:.1f} s" if took < 100 else f"{int(took) // 60}:{int(took) % 60:02d}"

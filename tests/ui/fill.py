"""Fill a database for the page: many runs, a long curve, and a few runs worth looking at.

Run as ``PYTHONPATH=tests python -m ui.fill FOLDER [RUNS]`` it makes a database to look at in a browser.
"""

from __future__ import annotations

import math
import random
import sys
from collections import namedtuple
from pathlib import Path

from padauk.core.settings import ServerSettings
from padauk.tracking import Tag, experiments, log, runs
from padauk.workspace.service import Service

ROOT = "mlflow-artifacts:/"

Point = namedtuple(
    "Point", "key value timestamp step model_id dataset_name dataset_digest", defaults=(None,) * 3
)
Pair = namedtuple("Pair", "key value")
HOUR = 3_600_000
NOON = 1_790_000_000_000


def settings(folder: Path) -> ServerSettings:
    return ServerSettings(database=f"sqlite:///{folder}/padauk.db", objects=f"{folder}/objects")


def fill(folder: Path, *, many: int = 0, points: int = 0) -> dict[str, str]:
    """The ids of what was made: experiments by name, and the run with the long curve as ``long``."""
    service = Service(settings(folder))
    try:
        ids: dict[str, str] = {}
        if many:
            ids["many"] = service.db.write(lambda tx: experiments.create(tx, "many", root=ROOT))
            for start in range(0, many, 5000):
                end = min(many, start + 5000)
                service.db.write(lambda tx, start=start, end=end: _many(tx, ids["many"], start, end))
        if points:
            ids["long"] = service.db.write(lambda tx: _long(tx, points))
        ids["digits"] = service.db.write(lambda tx: experiments.create(tx, "digits", root=ROOT))
        ids["few"] = ",".join(service.db.write(lambda tx: _few(tx, ids["digits"])))
        return ids
    finally:
        service.close()


def _many(tx, experiment: str, first: int, last: int) -> None:
    for number in range(first, last):
        rng = random.Random(number)
        run = runs.create(
            tx, experiment, name=f"run-{number:06}", user_id="ada", start_time=NOON + number * 1000
        )
        lr, depth = 10 ** rng.uniform(-5, -1), rng.choice([2, 4, 8, 16])
        log.batch(
            tx,
            run.info.run_id,
            [
                Point("accuracy", rng.random(), NOON + number * 1000, 0),
                Point("loss", rng.expovariate(1), NOON, 0),
            ],
            [
                Pair("lr", f"{lr:.6g}"),
                Pair("depth", str(depth)),
                Pair("optimizer", rng.choice(["adam", "sgd"])),
            ],
            [],
        )
        runs.update(
            tx, run.info.run_id, status="FINISHED", end_time=NOON + number * 1000 + rng.randrange(HOUR)
        )


def _long(tx, points: int) -> str:
    run = runs.create(tx, "0", name="long", user_id="ada", start_time=NOON)
    rng = random.Random(7)
    for start in range(0, points, 100_000):
        some = [
            Point("loss", math.exp(-step / points * 4) + rng.gauss(0, 0.05), NOON + step * 10, step)
            for step in range(start, min(points, start + 100_000))
        ]
        log.batch(tx, run.info.run_id, some[:1000], [], [])
        for at in range(1000, len(some), 1000):
            log.batch(tx, run.info.run_id, some[at : at + 1000], [], [])
    runs.update(tx, run.info.run_id, status="FINISHED", end_time=NOON + points * 10)
    return run.info.run_id


def _few(tx, experiment: str) -> list[str]:
    made = []
    for number in range(24):
        rng = random.Random(number)
        lr, width = rng.choice([0.001, 0.003, 0.01, 0.03]), rng.choice([16, 32, 64, 128])
        optimizer = rng.choice(["adam", "sgd"])
        start = NOON + number * HOUR
        status = "RUNNING" if number == 23 else "FAILED" if number == 11 else "FINISHED"
        run = runs.create(
            tx,
            experiment,
            user_id=rng.choice(["ada", "grace"]),
            start_time=start,
            tags=[
                Tag("mlflow.source.git.commit", f"{rng.getrandbits(160):040x}"),
                Tag("mlflow.source.git.branch", rng.choice(["main", "wider"])),
                Tag("mlflow.source.name", "train.py"),
            ],
        )
        steps = 300 if status == "FINISHED" else 120
        rate = math.log10(lr / 0.0003)
        points = []
        for step in range(steps):
            drop = math.exp(-step * rate / 90)
            noise = rng.gauss(0, 0.03)
            at = start + step * 4000
            points += [
                Point("train/loss", 2.2 * drop + 0.12 + abs(noise), at, step),
                Point("val/loss", 2.1 * drop + 0.2 + 8 / width * (1 - drop) * 0.3 + noise * 0.8, at, step),
                Point("val/accuracy", min(0.995, 0.97 - 0.87 * drop - 0.4 / width + noise / 5), at, step),
                Point("lr", lr * 0.5 * (1 + math.cos(step / 300 * math.pi)), at, step),
            ]
        for at in range(0, len(points), 1000):
            log.batch(tx, run.info.run_id, points[at : at + 1000], [], [])
        log.batch(
            tx,
            run.info.run_id,
            [],
            [
                Pair("model.lr", str(lr)),
                Pair("model.width", str(width)),
                Pair("model.optimizer", optimizer),
                Pair("data.holdout", "0.2"),
                Pair("seed", str(number)),
            ],
            [Tag("mlflow.note.content", "A **wider** net.\n\n- holds out 20 %\n- cosine schedule")],
        )
        if status != "RUNNING":
            runs.update(tx, run.info.run_id, status=status, end_time=start + steps * 4000)
        made.append(run.info.run_id)
    return made


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(fill(target, many=int(sys.argv[2]) if len(sys.argv) > 2 else 0, points=1_000_000))

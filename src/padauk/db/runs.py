"""Rows of runs, their params and their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.db.engine import Session

T = TypeVar("T")
COLUMNS = (
    "id, uid, experiment_id, name, user_name, status, stage, start_time, end_time, deleted_time,"
    " artifact_uri, heard"
)
CHUNK = 500

SHORT = 128
"""How many characters of a param, a tag or a name are few: a text that is longer is in no index, since
PostgreSQL takes none above 2700 bytes, and since nobody looks for a note by its whole text."""
SHORT_VALUE = f"length(value) <= {SHORT}"
"""What a search that is to use the index on values must ask for too, in these words."""
SHORT_NAME = f"length(name) <= {SHORT}"


class RunRow(NamedTuple):
    """One row of ``runs``; ``heard`` is when something was last written to it, to half a minute."""

    id: int
    uid: str
    experiment_id: int
    name: str
    user_name: str
    status: int
    stage: int
    start_time: int | None
    end_time: int | None
    deleted_time: int | None
    artifact_uri: str
    heard: int | None = None


def insert(
    tx: Session,
    *,
    uid: str,
    experiment_id: int,
    name: str,
    user_name: str,
    status: int,
    start_time: int | None,
    artifact_uri: str,
    heard: int | None = None,
) -> int:
    """Write an active run; its row number."""
    return int(
        tx.value(
            "INSERT INTO runs (uid, experiment_id, name, user_name, status, stage, start_time,"
            " artifact_uri, heard) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?) RETURNING id",
            (uid, experiment_id, name, user_name, status, start_time, artifact_uri, heard),
        )
    )


def by_uid(tx: Session, uid: str) -> RunRow | None:
    row = tx.one(f"SELECT {COLUMNS} FROM runs WHERE uid = ?", (uid,))
    return None if row is None else RunRow(*row)


def by_numbers(tx: Session, numbers: Sequence[int]) -> list[RunRow]:
    """The runs of these row numbers, in their order; those that do not exist are left out."""
    found: dict[int, RunRow] = {}
    for part in chunks(numbers):
        rows = tx.all(f"SELECT {COLUMNS} FROM runs WHERE id IN ({marks(part)})", part)
        found.update((row[0], RunRow(*row)) for row in rows)
    return [found[number] for number in numbers if number in found]


def place(tx: Session, uid: str) -> tuple[int, int, int, int | None] | None:
    """Row number, experiment, stage and last sign of a run: what every write to it must know."""
    row = tx.one("SELECT id, experiment_id, stage, heard FROM runs WHERE uid = ?", (uid,))
    return None if row is None else (row[0], row[1], row[2], row[3])


def hear(tx: Session, number: int, now: int) -> None:
    """Note that a run gave a sign."""
    tx.run("UPDATE runs SET heard = ? WHERE id = ?", (now, number))


def numbers_of(tx: Session, uids: Sequence[str]) -> dict[str, int]:
    """Row numbers of the runs that exist among ``uids``."""
    found: dict[str, int] = {}
    for start in range(0, len(uids), CHUNK):
        part = uids[start : start + CHUNK]
        found.update(tx.all(f"SELECT uid, id FROM runs WHERE uid IN ({marks(part)})", part))
    return found


def update(tx: Session, number: int, *, status: int | None, end_time: int | None, name: str | None) -> None:
    """Change what is given."""
    changes = {"status": status, "end_time": end_time, "name": name}
    given = {column: value for column, value in changes.items() if value is not None}
    if given:
        setters = ", ".join(f"{column} = ?" for column in given)
        tx.run(f"UPDATE runs SET {setters} WHERE id = ?", (*given.values(), number))


def set_stage(tx: Session, number: int, stage: int, deleted_time: int | None) -> None:
    tx.run("UPDATE runs SET stage = ?, deleted_time = ? WHERE id = ?", (stage, deleted_time, number))


def add_params(tx: Session, number: int, params: Mapping[int, str]) -> dict[int, str]:
    """Write params that are not there yet; the values of ``params``' keys as they are afterwards."""
    tx.many(
        "INSERT INTO params (run_id, key_id, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, key, params[key]) for key in sorted(params)],
    )
    keys = list(params)
    rows = tx.all(
        f"SELECT key_id, value FROM params WHERE run_id = ? AND key_id IN ({marks(keys)})", (number, *keys)
    )
    return dict(rows)


def set_tags(tx: Session, number: int, tags: Mapping[int, str]) -> None:
    tx.many(
        "INSERT INTO run_tags (run_id, key_id, value) VALUES (?, ?, ?)"
        " ON CONFLICT (run_id, key_id) DO UPDATE SET value = excluded.value",
        [(number, key, tags[key]) for key in sorted(tags)],
        distinct=True,
    )


def tag(tx: Session, number: int, key: int) -> str | None:
    found: str | None = tx.value("SELECT value FROM run_tags WHERE run_id = ? AND key_id = ?", (number, key))
    return found


def delete_tag(tx: Session, number: int, key: int) -> bool:
    return tx.run("DELETE FROM run_tags WHERE run_id = ? AND key_id = ?", (number, key)) > 0


def texts_of(tx: Session, table: str, numbers: Sequence[int]) -> list[tuple[int, int, str]]:
    """Rows (run, key, value) of ``params`` or ``run_tags`` for many runs, by run and key."""
    found: list[tuple[int, int, str]] = []
    for part in chunks(numbers):
        found += tx.all(f"SELECT run_id, key_id, value FROM {table} WHERE run_id IN ({marks(part)})", part)
    return found


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """``values`` in parts that may be bound in one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]

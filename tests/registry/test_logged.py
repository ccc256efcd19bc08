"""Logged models on a real database (points 43, 44)."""

from collections.abc import Iterator

import pytest

from padauk.core.errors import InputError, NotFoundError
from padauk.db import Database, open_database
from padauk.registry import LoggedModel, logged

ROOT = "mlflow-artifacts:/7/models/{model_id}/artifacts"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def make(db: Database, **options: object) -> LoggedModel:
    return db.write(lambda tx: logged.create_logged_model(tx, "7", ROOT, **options))  # type: ignore[arg-type]


def get(db: Database, model_id: str, **options: bool) -> LoggedModel:
    with db.read() as tx:
        return logged.get_logged_model(tx, model_id, **options)


def test_point_43_life_of_a_logged_model(db: Database) -> None:
    model = make(
        db, name="clf", model_type="agent", source_run_id="a" * 32, params=[("lr", "0.1")], tags=[("k", "v")]
    )
    assert model.model_id.startswith("m-")
    assert len(model.model_id) == 34
    assert model.status == "PENDING"
    assert model.artifact_location == f"mlflow-artifacts:/7/models/{model.model_id}/artifacts"
    assert (model.experiment_id, model.params, model.tags) == ("7", {"lr": "0.1"}, {"k": "v"})
    ready = db.write(lambda tx: logged.finalize_logged_model(tx, model.model_id, "READY"))
    assert ready.status == "READY"
    assert get(db, model.model_id) == ready
    with db.read() as tx:
        assert logged.logged_models_of_run(tx, "a" * 32) == [ready]


def test_a_name_is_made_up(db: Database) -> None:
    assert make(db).name


def test_params_are_only_added(db: Database) -> None:
    model = make(db, params=[("lr", "0.1")])
    db.write(lambda tx: logged.log_model_params(tx, model.model_id, [("lr", "0.1"), ("depth", "3")]))
    assert get(db, model.model_id).params == {"depth": "3", "lr": "0.1"}
    with pytest.raises(InputError, match="Changing param values is not allowed"):
        db.write(lambda tx: logged.log_model_params(tx, model.model_id, [("new", "1"), ("lr", "0.2")]))
    assert get(db, model.model_id).params == {"depth": "3", "lr": "0.1"}


def test_tags(db: Database) -> None:
    model = make(db)
    db.write(
        lambda tx: logged.set_logged_model_tags(tx, model.model_id, [("a", "1"), ("a", "2"), ("b", "x")])
    )
    db.write(lambda tx: logged.delete_logged_model_tag(tx, model.model_id, "b"))
    assert get(db, model.model_id).tags == {"a": "2"}
    with pytest.raises(NotFoundError, match="No tag with key 'b' found"):
        db.write(lambda tx: logged.delete_logged_model_tag(tx, model.model_id, "b"))


def test_deleting_is_a_mark(db: Database) -> None:
    model = make(db)
    db.write(lambda tx: logged.delete_logged_model(tx, model.model_id))
    with pytest.raises(NotFoundError, match=f"Logged model with ID '{model.model_id}' not found"):
        get(db, model.model_id)
    assert get(db, model.model_id, allow_deleted=True).deleted

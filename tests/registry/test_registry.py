"""Registered models, versions, aliases and stages on a real database (points 53, 54, 56-59)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from padauk.core.errors import AlreadyExistsError, InputError, NotFoundError
from padauk.db import Database, open_database
from padauk.db import registry as rows
from padauk.registry import ModelVersion, RegisteredModel, logged, models, versions
from padauk.registry.values import IS_PROMPT, PROMPT_TEXT

RUN = "a" * 32


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def make_model(db: Database, name: str = "churn", **options: object) -> RegisteredModel:
    return db.write(lambda tx: models.create_model(tx, name, **options))  # type: ignore[arg-type]


def make_version(
    db: Database, name: str = "churn", source: str = "s3://bucket/m", **options: object
) -> ModelVersion:
    return db.write(
        lambda tx: versions.create_version(
            tx,
            name,
            source,
            run_artifact_uri=lambda _: f"mlflow-artifacts:/0/{RUN}/artifacts",
            **options,  # type: ignore[arg-type]
        )
    )


def get(db: Database, version: int | str, name: str = "churn") -> ModelVersion:
    with db.read() as tx:
        return versions.get_version(tx, name, version)


def test_a_model_comes_back_as_it_was_made(db: Database) -> None:
    made = make_model(db, description="who leaves", tags=[("team", "a"), ("team", "b")])
    with db.read() as tx:
        assert models.get_model(tx, "churn") == made
    assert (made.description, made.tags, made.aliases, made.latest) == ("who leaves", {"team": "b"}, {}, ())


def test_names_are_taken_once_also_between_models_and_prompts(db: Database) -> None:
    make_model(db)
    make_model(db, "greeting", tags=[(IS_PROMPT, "True")])
    with pytest.raises(AlreadyExistsError, match=r"Registered Model \(name=churn\) already exists"):
        make_model(db)
    with pytest.raises(AlreadyExistsError, match="already taken by a registered model"):
        make_model(db, tags=[(IS_PROMPT, "true")])
    with pytest.raises(AlreadyExistsError, match="already taken by a prompt"):
        make_model(db, "greeting")


def test_point_53_renaming_takes_versions_tags_and_aliases_along(db: Database) -> None:
    make_model(db, tags=[("k", "v")])
    make_version(db, tags=[("a", "b")])
    db.write(lambda tx: models.set_alias(tx, "churn", "champion", 1))
    make_model(db, "other")
    renamed = db.write(lambda tx: models.rename_model(tx, "churn", "leavers"))
    assert (renamed.tags, renamed.aliases) == ({"k": "v"}, {"champion": 1})
    assert get(db, 1, "leavers").tags == {"a": "b"}
    with pytest.raises(NotFoundError):
        get(db, 1)
    with pytest.raises(AlreadyExistsError):
        db.write(lambda tx: models.rename_model(tx, "leavers", "other"))
    with pytest.raises(InputError, match="Missing value for required parameter 'new_name'"):
        db.write(lambda tx: models.rename_model(tx, "leavers", " "))


def test_point_53_deleting_a_model_takes_everything(db: Database) -> None:
    make_model(db, tags=[("k", "v")])
    make_version(db, tags=[("a", "b")])
    db.write(lambda tx: models.set_alias(tx, "churn", "champion", 1))
    db.write(lambda tx: models.delete_model(tx, "churn"))
    with db.read() as tx:
        for table in (
            "registered_models",
            "registered_model_tags",
            "registered_model_aliases",
            "model_versions",
        ):
            assert tx.value(f"SELECT COUNT(*) FROM {table}") == 0, table
        assert tx.value("SELECT COUNT(*) FROM model_version_tags") == 0
    make_model(db)
    assert make_version(db).version == 1


def test_point_54_numbers_of_deleted_versions_are_not_given_again(db: Database) -> None:
    make_model(db)
    assert [make_version(db).version for _ in range(3)] == [1, 2, 3]
    db.write(lambda tx: models.set_alias(tx, "churn", "champion", 3))
    db.write(lambda tx: versions.delete_version(tx, "churn", "3"))
    with pytest.raises(NotFoundError, match=r"Model Version \(name=churn, version=3\) not found"):
        get(db, 3)
    with db.read() as tx:
        model = models.get_model(tx, "churn")
        assert tx.one("SELECT source, run_id, stage FROM model_versions WHERE version = 3") == (
            "REDACTED-SOURCE-PATH",
            "REDACTED-RUN-ID",
            "Deleted_Internal",
        )
    assert (model.aliases, [version.version for version in model.latest]) == ({}, [2])
    assert make_version(db).version == 4


def test_point_54_versions_made_at_once_all_get_a_number(db: Database) -> None:
    make_model(db)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_version(db).version, range(40)))
    assert sorted(made) == list(range(1, 41))


def test_point_56_a_logged_model_is_resolved_when_the_version_is_made(db: Database) -> None:
    make_model(db)
    model = db.write(
        lambda tx: logged.create_logged_model(
            tx, "0", "mlflow-artifacts:/0/models/{model_id}/artifacts", source_run_id=RUN
        )
    )
    version = make_version(db, source=f"models:/{model.model_id}", model_id=model.model_id)
    assert (version.run_id, version.model_id) == (RUN, model.model_id)
    assert version.storage_location == f"mlflow-artifacts:/0/models/{model.model_id}/artifacts"
    again = make_version(db, source="models:/churn/1")
    assert (again.run_id, again.model_id, again.source) == (RUN, model.model_id, "models:/churn/1")
    with db.read() as tx:
        assert versions.download_uri(tx, "churn", 2) == version.storage_location
        assert [v.version for v in versions.versions_of_run(tx, RUN)] == [1, 2]
        assert [v.version for v in versions.versions_of_logged_model(tx, model.model_id)] == [1, 2]


def test_point_57_aliases_move_and_latest_is_the_highest(db: Database) -> None:
    make_model(db)
    for _ in range(3):
        make_version(db)
    db.write(lambda tx: versions.transition_stage(tx, "churn", 3, "archived"))
    db.write(lambda tx: models.set_alias(tx, "churn", "champion", 1))
    db.write(lambda tx: models.set_alias(tx, "churn", "champion", "2"))
    with db.read() as tx:
        assert models.version_by_alias(tx, "churn", "champion").version == 2
        assert models.version_by_alias(tx, "churn", "champion").aliases == ("champion",)
        assert models.version_by_alias(tx, "churn", "LATEST").version == 3
        with pytest.raises(InputError, match="Registered model alias nobody not found"):
            models.version_by_alias(tx, "churn", "nobody")
    with pytest.raises(NotFoundError):
        db.write(lambda tx: models.set_alias(tx, "churn", "champion", 9))
    db.write(lambda tx: models.delete_alias(tx, "churn", "champion"))
    db.write(lambda tx: models.delete_alias(tx, "churn", "champion"))
    assert get(db, 2).aliases == ()


def test_point_58_stages_archive_what_was_there(db: Database) -> None:
    make_model(db)
    for _ in range(3):
        make_version(db)
    for version in (1, 2):
        db.write(lambda tx, v=version: versions.transition_stage(tx, "churn", v, "production"))
    db.write(lambda tx: versions.transition_stage(tx, "churn", 3, "PRODUCTION", archive_existing=True))
    assert [get(db, version).stage for version in (1, 2, 3)] == ["Archived", "Archived", "Production"]
    with db.read() as tx:
        assert [v.version for v in versions.latest_versions(tx, "churn")] == [2, 3]
        assert [v.version for v in versions.latest_versions(tx, "churn", ["production", "staging"])] == [3]
    with pytest.raises(InputError, match="'none' is not an Active stage"):
        db.write(lambda tx: versions.transition_stage(tx, "churn", 1, "none", archive_existing=True))


def test_point_59_prompts_have_a_placeholder_for_a_source(db: Database) -> None:
    make_model(db, "greeting", tags=[(IS_PROMPT, "true")])
    make_model(db)
    tags = [(IS_PROMPT, "true"), (PROMPT_TEXT, "Hello {{ name }}")]
    assert make_version(db, "greeting", "dummy-source", tags=tags).tags == dict(tags)
    with pytest.raises(InputError, match="must use an MLflow placeholder"):
        make_version(db, "greeting", "s3://bucket/x", tags=tags)
    with pytest.raises(InputError, match="Prompt versions cannot be used"):
        make_version(db, source="models:/greeting/1")


def test_tags_and_descriptions_of_versions(db: Database) -> None:
    make_model(db)
    make_version(db, description="first", tags=[("a", "1")])
    db.write(lambda tx: versions.set_version_tag(tx, "churn", 1, "b", "2"))
    db.write(lambda tx: versions.set_version_tag(tx, "churn", 1, "a", "3"))
    db.write(lambda tx: versions.delete_version_tag(tx, "churn", 1, "b"))
    db.write(lambda tx: versions.delete_version_tag(tx, "churn", 1, "b"))
    assert get(db, 1).tags == {"a": "3"}
    assert db.write(lambda tx: versions.update_version(tx, "churn", 1, None)).description is None
    for wrong in (
        lambda tx: versions.set_version_tag(tx, "churn", 2, "b", "2"),
        lambda tx: versions.get_version(tx, "x", 1),
    ):
        with pytest.raises(NotFoundError):
            db.write(wrong)


def test_nothing_is_half_done_when_a_version_is_refused(db: Database) -> None:
    before = make_model(db)
    with pytest.raises(InputError):
        make_version(db, source="/etc")
    with pytest.raises(NotFoundError):
        make_version(db, "nobody")
    with db.read() as tx:
        assert rows.model_named(tx, "churn") is not None
        assert models.get_model(tx, "churn") == before

"""The nouns of the registry. Times are milliseconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass, field

STAGES = ("None", "Staging", "Production", "Archived")
DELETED_STAGE = "Deleted_Internal"
IS_PROMPT = "mlflow.prompt.is_prompt"
PROMPT_TEXT = "mlflow.prompt.text"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model (or prompt).

    Attributes:
        source: where the client said the files are: a URI, often ``models:/m-…``.
        storage_location: where they really are: ``source`` resolved when the version was made.
        model_id: the logged model that was promoted, or empty.
        status: always ``READY`` here: nothing is copied.
    """

    name: str
    version: int
    created: int
    updated: int
    description: str | None = None
    user_id: str | None = None
    stage: str = "None"
    source: str = ""
    storage_location: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    status: str = "READY"
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A name that versions are filed under; a prompt is one with the tag :data:`IS_PROMPT`.

    Attributes:
        latest: the highest version of each stage that has any.
        aliases: alias to version.
    """

    name: str
    created: int
    updated: int
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    latest: tuple[ModelVersion, ...] = ()

    @property
    def is_prompt(self) -> bool:
        """Whether this name holds prompts."""
        return is_prompt(self.tags)


@dataclass(frozen=True, slots=True)
class ModelMetric:
    """A metric point of a model, with the run that logged it and the data it was taken on."""

    key: str
    value: float
    timestamp: int
    step: int
    run_id: str
    dataset_name: str | None = None
    dataset_digest: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that a run made, before and beside any registration.

    Attributes:
        artifact_location: URI of its files.
        status: ``PENDING`` until its files are up, then ``READY`` or ``FAILED``.
    """

    model_id: str
    experiment_id: str
    name: str
    artifact_location: str
    created: int
    updated: int
    status: str = "PENDING"
    status_message: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    deleted: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: tuple[ModelMetric, ...] = ()


def is_prompt(tags: dict[str, str]) -> bool:
    """Whether tags mark a prompt: the tag's value is ``true`` in any case."""
    return tags.get(IS_PROMPT, "false").lower() == "true"

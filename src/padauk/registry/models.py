"""Registered models: a name, its tags and aliases. Each function works inside a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import AlreadyExistsError, InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import registry as rows
from padauk.registry.names import (
    check_alias,
    check_model_name,
    check_new_alias,
    check_tag_key,
    check_tags,
    check_version,
)
from padauk.registry.read import models_of, one_model, version_of
from padauk.registry.values import is_prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.db import Session
    from padauk.registry.values import ModelVersion, RegisteredModel


def create_model(
    tx: Session, name: str, description: str | None = None, tags: Iterable[tuple[str, str]] = ()
) -> RegisteredModel:
    """Make a registered model, or a prompt when the tags say so.

    Raises:
        InputError: the name or a tag is not allowed.
        AlreadyExistsError: the name is taken, by a model or by a prompt.
    """
    check_model_name(name)
    checked = check_tags(tags)
    number = rows.insert_model(tx, name, description, now_ms())
    if number is None:
        raise _taken(one_model(tx, name).is_prompt, is_prompt(checked), name)
    rows.set_model_tags(tx, number, checked)
    return one_model(tx, name)


def get_model(tx: Session, name: str) -> RegisteredModel:
    """A registered model with its tags, aliases and latest versions.

    Raises:
        NotFoundError: there is none of that name.
    """
    return one_model(tx, name)


def is_prompt_named(tx: Session, name: str) -> bool:
    """Whether a name that is there holds prompts.

    Raises:
        NotFoundError: there is none of that name.
    """
    number = _number(tx, name)
    return is_prompt(rows.tags_of_models(tx, [number]).get(number, {}))


def update_model(tx: Session, name: str, description: str | None) -> RegisteredModel:
    """Set the description.

    Raises:
        NotFoundError: there is none of that name.
    """
    rows.describe_model(tx, _number(tx, name), description, now_ms())
    return one_model(tx, name)


def rename_model(tx: Session, name: str, new_name: str) -> RegisteredModel:
    """Give a model and all its versions another name.

    Raises:
        NotFoundError: there is none of that name.
        AlreadyExistsError: the new name is taken.
    """
    check_model_name(new_name, "new_name")
    number = _number(tx, name)
    if new_name != name and rows.model_named(tx, new_name):
        raise AlreadyExistsError(f"Registered Model (name={new_name}) already exists.")
    rows.rename_model(tx, number, new_name, now_ms())
    return one_model(tx, new_name)


def delete_model(tx: Session, name: str) -> None:
    """Remove a model with its versions, tags and aliases.

    Raises:
        NotFoundError: there is none of that name.
    """
    rows.delete_model(tx, _number(tx, name))


def set_model_tag(tx: Session, name: str, key: str, value: str) -> None:
    """Set a tag.

    Raises:
        NotFoundError: there is no such model.
        InputError: the key or the value is not allowed.
    """
    rows.set_model_tags(tx, _number(tx, name), check_tags([(key, value)]))


def delete_model_tag(tx: Session, name: str, key: str) -> None:
    """Remove a tag; absent is fine.

    Raises:
        NotFoundError: there is no such model.
    """
    rows.delete_model_tag(tx, _number(tx, name), check_tag_key(key))


def set_alias(tx: Session, name: str, alias: str, version: str | int) -> None:
    """Point an alias to a version, wherever it pointed before.

    Raises:
        NotFoundError: there is no such version.
        InputError: the alias is not allowed.
    """
    check_model_name(name)
    check_new_alias(alias)
    number = _number(tx, name)
    rows.hold_model(tx, number)  # so that nobody deletes the version meanwhile
    found = version_of(tx, name, check_version(version))
    rows.set_alias(tx, number, alias, found.version)


def delete_alias(tx: Session, name: str, alias: str) -> None:
    """Remove an alias; absent is fine.

    Raises:
        NotFoundError: there is no such model.
    """
    check_alias(alias)
    rows.delete_alias(tx, _number(tx, name), alias)


def version_by_alias(tx: Session, name: str, alias: str) -> ModelVersion:
    """The version that an alias points to; ``latest`` in any case is the highest one.

    Raises:
        NotFoundError: there is no such model, or it has no version.
        InputError: there is no such alias.
    """
    check_alias(alias)
    number = _number(tx, name)
    if alias.lower() == "latest":
        (model,) = models_of(tx, [rows.model_named(tx, name) or ()])
        if not model.latest:
            raise NotFoundError(f"Latest version not found for model {name}.")
        return version_of(tx, name, max(version.version for version in model.latest))
    version = rows.version_of_alias(tx, number, alias)
    if version is None:
        raise InputError(f"Registered model alias {alias} not found.")
    return version_of(tx, name, version)


def _number(tx: Session, name: str) -> int:
    check_model_name(name)
    row = rows.model_named(tx, name)
    if row is None:
        raise NotFoundError(f"Registered Model with name={name} not found")
    return int(row[0])


def _taken(old_is_prompt: bool, new_is_prompt: bool, name: str) -> AlreadyExistsError:
    old, new = ("Prompt" if prompt else "Registered Model" for prompt in (old_is_prompt, new_is_prompt))
    if old == new:
        return AlreadyExistsError(f"{new} (name={name}) already exists.")
    return AlreadyExistsError(
        f"Tried to create a {new.lower()} with name {name!r}, but the name is already taken by a "
        f"{old.lower()}. "
        "MLflow does not allow creating a model and a prompt with the same name."
    )

"""Names that the registry takes and refuses (points 43, 53, 57, 58)."""

import pytest

from padauk.core.errors import InputError
from padauk.registry.names import (
    check_alias,
    check_logged_model_name,
    check_model_name,
    check_new_alias,
    check_stage,
    check_tag_key,
    check_tags,
    check_version,
)
from padauk.registry.values import PROMPT_TEXT


@pytest.mark.parametrize("name", ["churn", "churn v2", "a.b-c_d", "prüf", "日本"])
def test_point_53_names_taken(name: str) -> None:
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Missing value for required parameter 'name'"),
        ("  ", "Missing value for required parameter 'name'"),
        ("a/b", "Names cannot contain '/' or ':'"),
        ("a:b", "Names cannot contain '/' or ':'"),
        (".", "would resolve to '.'"),
        ("..", "would resolve to '..'"),
        ("a" * 257, "exceeds the maximum length of 256 characters"),
    ],
)
def test_point_53_names_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_model_name(name)


@pytest.mark.parametrize("alias", ["champion", "a-b_c", "V", "v1a", "Ä"])
def test_point_57_aliases_taken(alias: str) -> None:
    assert check_new_alias(alias) == alias


@pytest.mark.parametrize("alias", ["", "a b", "a.b", "a/b", "x" * 256, "latest", "Latest", "v1", "V22"])
def test_point_57_aliases_refused(alias: str) -> None:
    with pytest.raises(InputError):
        check_new_alias(alias)


def test_point_57_latest_may_be_asked_for() -> None:
    assert check_alias("latest") == "latest"


@pytest.mark.parametrize(
    ("given", "canonical"),
    [("production", "Production"), ("STAGING", "Staging"), ("none", "None"), ("Archived", "Archived")],
)
def test_point_58_stages_in_any_case(given: str, canonical: str) -> None:
    assert check_stage(given) == canonical


def test_point_58_unknown_stage() -> None:
    with pytest.raises(InputError, match=r"stage: live\. Value must be one of None, Staging"):
        check_stage("live")


@pytest.mark.parametrize("letter", list("/:.%\"'"))
def test_point_43_logged_model_names(letter: str) -> None:
    with pytest.raises(InputError, match="cannot contain the following characters"):
        check_logged_model_name(f"a{letter}b")
    assert check_logged_model_name("a b") == "a b"


def test_versions_are_numbers() -> None:
    assert check_version("3") == 3
    with pytest.raises(InputError, match="must be an integer, got 'three'"):
        check_version("three")
    with pytest.raises(InputError, match="must be an integer"):
        check_version("9" * 30)


@pytest.mark.parametrize("key", ["a/../b", "/a", "a//b", "a$b", "", "k" * 251])
def test_tag_keys_refused(key: str) -> None:
    with pytest.raises(InputError):
        check_tag_key(key)


def test_of_equal_tags_the_last_wins_and_long_ones_are_refused() -> None:
    assert check_tags([("a", "1"), ("a", "2")]) == {"a": "2"}
    with pytest.raises(InputError, match="'value' exceeds the maximum length of 100000"):
        check_tags([("a", "x" * 100_001)])
    with pytest.raises(InputError, match="Prompt text exceeds max length"):
        check_tags([(PROMPT_TEXT, "x" * 100_001)])

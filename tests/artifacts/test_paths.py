"""Which artifact paths are taken, and whose they are (point 50)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padauk.artifacts.paths import NOBODY, Owner, owner_of, safe_path
from padauk.core.errors import InputError

RUN = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("given_path", "tidied"),
    [
        ("", ""),
        ("a/b.txt", "a/b.txt"),
        ("a//./b/", "a/b"),
        ("a%20b", "a b"),
        ("50%.txt", "50%.txt"),
        ("..a/b..", "..a/b.."),
        ("päth/ü", "päth/ü"),
    ],
)
def test_paths_are_decoded_and_tidied(given_path: str, tidied: str) -> None:
    assert safe_path(given_path) == tidied


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "%2e%2e/x",
        "%252e%252e/x",
        "%25252e%25252e%252fetc",
        "a%2F..%2F..%2Fb",
        "a#b",
        "a%23b",
        "C:/x",
        "c:x",
        "C:%5Cx",
        "a\\..\\b",
        "\\\\server\\share",
        "file:///etc/passwd",
        "a\x00b",
        "a%00b",
        "a%0ab",
    ],
)
def test_point_50_paths_that_leave_their_root_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="Invalid path"):
        safe_path(path)


@given(st.text(alphabet="./%2eEfF5c\\#:a", max_size=24))
def test_an_accepted_path_stays_below_its_root_however_it_is_read(path: str) -> None:
    try:
        tidied = safe_path(path)
    except InputError:
        return
    parts = tidied.split("/")
    assert ".." not in parts
    assert not tidied.startswith("/")
    assert safe_path(tidied) == tidied


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        (f"0/{RUN}/artifacts/model/MLmodel", Owner("run", RUN)),
        (f"deep/location/{RUN}/artifacts/x", Owner("run", RUN)),
        (f"{RUN}/artifacts/x", Owner("run", RUN)),
        (f"3/models/m-{RUN}/artifacts/MLmodel", Owner("model", f"m-{RUN}")),
        (f"3/traces/tr-{RUN}/artifacts/traces.json", Owner("trace", f"tr-{RUN}")),
        (f"0/{RUN}/other/x", NOBODY),
        ("loose.txt", NOBODY),
    ],
)
def test_the_owner_is_read_off_the_path(path: str, owner: Owner) -> None:
    assert owner_of(path) == owner

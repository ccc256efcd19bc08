"""The demo's data: the 1,797 handwritten digits that scikit-learn ships, as PNG files in a folder a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

TOTAL = 1797
HELD_BACK = 599


def write_digits(folder: Path, *, everything: bool) -> int:
    """Make ``folder/<class>/<number>.png`` hold the images, 8 x 8 grey pixels each; returns how many.

    Without ``everything`` every third image is held back, and removed where it was there. Files that already
    hold the right bytes are left alone, so that nothing looks changed that is not.

    Raises:
        UnsupportedError: the packages of the ``demo`` extra are not installed.
    """
    try:
        import io

        import numpy as np
        from PIL import Image
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UnsupportedError(
            f"the demo needs {error.name}, which is not installed", hint="pip install 'padauk[demo]'"
        ) from error

    count = 0
    digits = load_digits()
    for number, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / str(label) / f"{number:04d}.png"
        if number % 3 == 2 and not everything:
            path.unlink(missing_ok=True)
            continue
        buffer = io.BytesIO()
        Image.fromarray(np.round(pixels * 255 / 16).astype("uint8")).save(buffer, "png")
        if not path.exists() or path.read_bytes() != buffer.getvalue():
            path.parent.mkdir(parents=True, exist_ok=True)
            # a tracked file may be a link into the cache: never write through it
            path.unlink(missing_ok=True)
            path.write_bytes(buffer.getvalue())
        count += 1
    return count

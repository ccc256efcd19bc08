"""``padauk demo``: a small repository with real data (``template/``, ``digits.py``) and its story.

``story.py`` tells it in the terminal as it happens; all is done by the commands that a person would type.
"""

from padauk.demo.story import tell

__all__ = ["tell"]

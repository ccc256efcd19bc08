"""``padauk demo``: a small repository with real data (``template/``, ``digits.py``) and its story, told in the
terminal as it happens (``story.py``). Everything is done by the same commands that a person would type.
"""

from padauk.demo.story import tell

__all__ = ["tell"]

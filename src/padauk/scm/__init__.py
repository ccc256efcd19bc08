"""Git, through the ``git`` command: revisions, trees and bytes of files at a revision, and the index.

``git.py`` holds :class:`Git`, one repository; ``batch.py`` the long-lived ``git cat-file --batch`` that
answers many questions for the price of one start.
"""

from padauk.scm.git import Commit, Git, TreeEntry

__all__ = ["Commit", "Git", "TreeEntry"]

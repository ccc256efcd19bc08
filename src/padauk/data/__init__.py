"""Tracked data: ``.dvc`` files, and the verbs on files and folders whose versions are kept.

Nouns: :class:`DvcFile` (one ``.dvc`` file), :class:`Selection` (an output, or part of one). Verbs, a module
each: ``add``, ``status``, ``diff``, ``checkout``, ``commit``, ``sync`` (push and fetch). They take outputs
wherever these are declared; ``padauk.workspace`` collects them from ``.dvc`` files and pipelines together.
"""

from padauk.data.add import Added, add, add_from
from padauk.data.checkout import CheckedOut, checkout
from padauk.data.commit import commit_files, commit_out
from padauk.data.diff import DataDiff, Version
from padauk.data.dvcfile import DvcFile
from padauk.data.selection import Selection
from padauk.data.status import Finding, remote_status, state_of, status
from padauk.data.sync import SyncResult, fetch, push

__all__ = [
    "Added",
    "CheckedOut",
    "DataDiff",
    "DvcFile",
    "Finding",
    "Selection",
    "SyncResult",
    "Version",
    "add",
    "add_from",
    "checkout",
    "commit_files",
    "commit_out",
    "fetch",
    "push",
    "remote_status",
    "state_of",
    "status",
]

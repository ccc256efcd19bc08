"""The graph of what came from what, joined by content hashes.

- ``digest``: the name of a stage's execution, the same for dvc.lock, the run cache and a tracked run.
"""

from padauk.lineage.digest import lock_digest

__all__ = ["lock_digest"]

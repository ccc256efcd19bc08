"""The graph of what came from what, joined by content hashes.

- ``values``: the nouns: content (:class:`Data`), something that ran (:class:`Execution`), logged models,
  registered versions, and the :class:`Graph` of them.
- ``digest``: the name of a stage's execution, the same for dvc.lock, the run cache and a tracked run.
- ``source``: who can be asked; :class:`Sources` joins the answers.
- ``history``, ``repository``: the repository as a source: workspace, git's history, folder listings.
- ``database``: the tracking server's tables as a source; ``tags``: how a run on any server tells the same.
- ``refs``: what a person types, as a node of the graph.
- ``walk``: follows the joins both ways.

Tracking servers as sources over HTTP, and records kept here, are above, in ``client``.
"""

from padauk.lineage.digest import lock_digest
from padauk.lineage.refs import FORMS, resolve
from padauk.lineage.source import Source, Sources
from padauk.lineage.values import (
    CommitRef,
    Data,
    Edge,
    Execution,
    Graph,
    Model,
    Node,
    Ref,
    Tracked,
    Version,
    kind_of,
)
from padauk.lineage.walk import trace

__all__ = [
    "FORMS",
    "CommitRef",
    "Data",
    "Edge",
    "Execution",
    "Graph",
    "Model",
    "Node",
    "Ref",
    "Source",
    "Sources",
    "Tracked",
    "Version",
    "kind_of",
    "lock_digest",
    "resolve",
    "trace",
]

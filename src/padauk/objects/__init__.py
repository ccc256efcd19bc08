"""Objects: what has bytes, named by its hash, in DVC 3's formats.

Nouns: :class:`HashInfo` (a name), :class:`Tree` (the listing of a folder), :class:`Odb` (the cache),
:class:`State` (what is known of files by looking at them). Verbs, a module each: :func:`build` (hash),
:func:`store` (hash and keep), :func:`plan_checkout` (bring back), :mod:`transfer` (push, fetch, status
against a store), :func:`diff_trees`.

Nothing here knows of repositories, ``.dvc`` files or git.
"""

from padauk.objects import transfer
from padauk.objects.build import Built, build
from padauk.objects.checkout import CheckoutPlan, CheckoutResult, plan_checkout
from padauk.objects.diff import TreeDiff, diff_trees
from padauk.objects.info import HashInfo
from padauk.objects.links import DEFAULT_LINKS, LinkType, parse_links
from padauk.objects.odb import Odb
from padauk.objects.state import NoState, State
from padauk.objects.store import store
from padauk.objects.transfer import TransferResult
from padauk.objects.tree import Tree
from padauk.objects.walk import Ignore

__all__ = [
    "DEFAULT_LINKS",
    "Built",
    "CheckoutPlan",
    "CheckoutResult",
    "HashInfo",
    "Ignore",
    "LinkType",
    "NoState",
    "Odb",
    "State",
    "TransferResult",
    "Tree",
    "TreeDiff",
    "build",
    "diff_trees",
    "parse_links",
    "plan_checkout",
    "store",
    "transfer",
]

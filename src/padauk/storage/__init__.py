"""Where bytes lie: a small contract (:class:`Store`) and the places that keep it.

A store maps keys (``files/md5/ab/cdef…``) to bytes. It knows nothing of hashes, trees or people; it
publishes a key only when all of its bytes are there, and declares its weaknesses as :class:`Traits`.
``padauk.testing.StoreContract`` is the test suite that every store passes.
"""

from padauk.storage.base import Entry, Store, Traits, Upload
from padauk.storage.local import LocalStore
from padauk.storage.opening import open_store

__all__ = ["Entry", "LocalStore", "Store", "Traits", "Upload", "open_store"]

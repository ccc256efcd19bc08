"""padauk: data versions, pipelines, tracked runs and registered models, joined by content hashes.

Importing this package does nothing and costs nothing: each subpackage is imported by the door that needs
it. The floors and who may import whom are written down in ``docs/architecture.md`` and checked by
``import-linter``.
"""

__version__ = "0.1.0"

"""The page at ``/`` until the web page is there: says what this is and how to use it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import padauk

if TYPE_CHECKING:
    from padauk.workspace.service import Service

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>padauk</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem;
color: #222 }}
h1 {{ color: #b8860b }} pre {{ background: #f4f2ec; padding: .8rem 1rem; overflow-x: auto }}
table {{ border-collapse: collapse }} td {{ padding: .1rem 1rem .1rem 0 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #1b1a17; color: #ddd }} pre {{ background:
#26241f }} }} </style></head><body>
<h1>padauk</h1>
<p>This is a padauk {version} tracking server. It speaks MLflow's REST API: point the <code>mlflow</code>
client here.</p> <pre>export MLFLOW_TRACKING_URI=<span id="here">this address</span></pre>
<table><tr><td>experiments</td><td>{experiments:,}</td></tr><tr><td>runs</td><td>{runs:,}</td></tr></table>
<p><code>padauk runs list</code> shows runs in a terminal. The web page with tables and curves comes in a
later release.</p>
<script>document.getElementById("here").textContent = location.origin</script>
</body></html>
"""


def front_page(service: Service) -> bytes:
    """The page, with how much is tracked here."""
    with service.db.read() as tx:
        experiments, runs = service.counts(tx)
    return _PAGE.format(version=escape(padauk.__version__), experiments=experiments, runs=runs).encode()

"""What stands at ``/`` where the web page was not built: what this is, how to use it, how to get the page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import padauk

if TYPE_CHECKING:
    from padauk.workspace.service import Service

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>padauk</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem }}
h1 {{ color: #b8860b }}
pre {{ background: #8882; padding: .8rem 1rem; overflow-x: auto }}
td {{ padding: .1rem 1rem .1rem 0 }}
</style>
</head>
<body>
<h1>padauk</h1>
<p>A padauk {version} tracking server. It speaks MLflow's REST API: point the <code>mlflow</code> client here.</p>
<pre>export MLFLOW_TRACKING_URI=<span id="here">this address</span></pre>
<table>
<tr><td>experiments</td><td>{experiments:,}</td></tr>
<tr><td>runs</td><td>{runs:,}</td></tr>
</table>
<p><code>padauk runs list</code> shows runs in a terminal. The page with tables and curves was not built with this
installation: in a clone, <code>make ui</code> builds it (with Node, or without); packages from PyPI hold it.</p>
<script>document.getElementById("here").textContent = location.origin + location.pathname.slice(0, -1)</script>
</body>
</html>
"""  # noqa: E501 - a line of text is a line


def front_page(service: Service) -> bytes:
    """The page, with how much is tracked here."""
    with service.db.read() as tx:
        experiments, runs = service.counts(tx)
    return _PAGE.format(version=escape(padauk.__version__), experiments=experiments, runs=runs).encode()

"""``padauk ui``: open the web page of the tracking server."""

from __future__ import annotations

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import NotFoundError, UnavailableError

_NEAR = "http://127.0.0.1:5000"


@verb("ui")
@click.argument("url", required=False)
@click.option("--print", "only_print", is_flag=True, help="Print the address; open nothing.")
def command(app: App, url: str | None, only_print: bool) -> None:
    """Open the tracking server's web page in a browser.

    URL is the server's address; without it the configured one (tracking.uri), else a server on this
    machine's port 5000.
    """
    address = (url or app.settings.tracking.uri or _NEAR).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise NotFoundError(f"{address} is no server with a page", hint="give the URL of a padauk server")
    _check(address)
    if not only_print:
        import webbrowser

        if not webbrowser.open(address):
            app.out.note("no browser could be opened here; the address is")
    app.out.print(address)


def _check(address: str) -> None:
    import httpx

    try:
        answer = httpx.get(f"{address}/api/v1/info", timeout=5)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(
            f"no server answers at {address}", hint="'padauk server' starts one in this folder"
        ) from error
    if answer.status_code != 200:
        raise NotFoundError(
            f"{address} is no padauk server", hint="its page is wherever that server has it; try a browser"
        )

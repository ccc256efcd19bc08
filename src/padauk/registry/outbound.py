"""Requests to addresses that somebody else chose: they reach the public network and nothing behind our walls.

The host is resolved once, every address it has is checked, and the connection goes to one of those very
addresses: a name that answers differently a moment later leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from padauk.core.errors import InputError

if TYPE_CHECKING:
    import httpx

    from padauk.core.settings import WebhookSettings

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def check_url(url: str, settings: WebhookSettings) -> None:
    """Let a webhook's URL pass; asks the name server.

    Raises:
        InputError: it is no URL of an allowed scheme, or leads to a private address.
    """
    if not url.strip():
        raise InputError(f"Webhook URL cannot be empty or just whitespace: {url!r}")
    try:
        parsed = urlsplit(url)
        port = parsed.port
    except ValueError as error:
        raise InputError(f"Invalid webhook URL {url!r}: {error!r}") from error
    if parsed.scheme not in settings.schemes:
        raise InputError(
            f"Invalid webhook URL scheme: {parsed.scheme!r}. Allowed schemes are: "
            f"{', '.join(settings.schemes)}."
        )
    if parsed.username or parsed.password:
        raise InputError("Webhook URL must not include embedded credentials")
    if not parsed.hostname:
        raise InputError(f"Webhook URL must include a hostname: {url!r}")
    if not settings.private:
        resolve(parsed.hostname, port or 443)


def resolve(host: str, port: int) -> str:
    """An address of ``host``, after all of them were found to be public.

    Raises:
        InputError: it has none, or one that is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"Cannot resolve webhook hostname {host!r}: {error}") from error
    for *_, address in found:
        if not is_public(str(address[0])):
            raise InputError(
                f"Webhook URL must not resolve to a non-public IP address. {host!r} resolves to {address[0]}."
            )
    return str(found[0][4][0])


def is_public(address: str) -> bool:
    """Whether an address belongs to the public network, also when it is wrapped in an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour
        if wrapped is None and ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is not None:
            return wrapped.is_global
    return ip.is_global


def client(settings: WebhookSettings) -> httpx.Client:
    """An HTTP client for webhooks: no proxies, no redirects, and no private addresses unless those are
    allowed.
    """
    import httpx

    class Checked(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if not settings.private:
                host = request.url.host
                address = resolve(host, request.url.port or (443 if request.url.scheme == "https" else 80))
                request.extensions = {**request.extensions, "sni_hostname": host}
                request.url = request.url.copy_with(host=address)
            return super().handle_request(request)

    return httpx.Client(
        transport=Checked(), timeout=settings.timeout, follow_redirects=False, trust_env=False
    )

"""Where a webhook may go: over HTTPS, and to addresses inside of our own network only where the operator says so."""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PORTS = {"https": 443, "http": 80}


def check_address(url: str) -> SplitResult:
    """Return `url` in its parts; raises `ValidationError` for what is no address, or not over HTTPS."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError(_("This is no address: write https://network.example.com/hook.")) from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or not url.isascii() or not url.isprintable():
        raise ValidationError(_("This is no address: write https://network.example.com/hook."))
    if parts.scheme != "https" and not settings.DEBUG:
        raise ValidationError(_("Only https:// is allowed: what is sent is about customers."))
    if parts.username or parts.password:
        raise ValidationError(_("A name or password does not belong here: messages are signed instead."))
    if " " in url or parts.fragment:
        raise ValidationError(_("This is no address: write https://network.example.com/hook."))
    return parts


def resolve(host: str, port: int) -> str:
    """
    Return the IP address to connect to for `host`; the connection is made to just this one.

    Raises `OSError` where there is none, and where any is in a network that is not public, unless
    WEBHOOKS_TO_PRIVATE_ADDRESSES allows it: a name that others decide on must not lead into our own network.
    """
    found = [each[4][0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES and not all(map(is_public, found)):
        raise OSError(_("%(host)s leads to an address that is not public.") % {"host": host})
    return found[0]


def is_public(address: str) -> bool:
    """Return whether an IP address can be reached from anywhere, and is one host; IPv4 within IPv6 counts as IPv4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast

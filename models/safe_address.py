"""Where secrets may travel."""

import ipaddress
from urllib.parse import urlsplit


def is_safe_address(url: str) -> bool:
    """Whether secrets may travel there: https without a user in the address, or plain http to this machine itself."""
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:  # brackets or a port that cannot be
        return False
    if not parts.hostname or not port_is_sound or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname))


def is_this_machine(host: str) -> bool:
    """Whether a host of an address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

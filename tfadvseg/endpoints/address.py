"""Where an endpoint is."""

import dataclasses
import urllib.parse

PORTS = {"http": 80, "https": 443, "grpc": None}
"""By scheme, the port where an address names none; gRPC has no usual one."""


@dataclasses.dataclass(frozen=True)
class Address:
    """path: what stands before an API's own paths, as behind a gateway; empty or with a slash in front."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @classmethod
    def of(cls, text: str) -> "Address":
        """From grpc://host:port, http://host:port or https://host; ValueError where it is none of these."""
        wanted = f"An `endpoint` is grpc://host:port or http://host:port; got {text!r}."
        try:
            parts = urllib.parse.urlsplit(text)
            usual = PORTS[parts.scheme]
            port = parts.port or usual
        except (ValueError, KeyError) as error:
            raise ValueError(wanted) from error
        path = parts.path.rstrip("/")
        if not parts.hostname or port is None or parts.query or parts.fragment or parts.username is not None:
            raise ValueError(wanted)
        if path and parts.scheme == "grpc":
            raise ValueError(wanted)
        return cls(parts.scheme, parts.hostname, port, path)

    @property
    def target(self) -> str:
        """host:port, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.target}{self.path}"

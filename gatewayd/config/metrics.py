"""[metrics]: where the page of figures for Prometheus is read. There is none without the section."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator

from gatewayd.config.values import Section


def _loopback(given: str) -> str:
    host, port = _host_and_port(given)
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError('an address of this machine with a port, such as "127.0.0.1:9464" or "[::1]:9464"')
    return given


def _host_and_port(given: str) -> tuple[str, str]:
    host, _, port = given.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port


class Metrics(Section):
    #: The page has no password: it is for programs of this machine only.
    listen: Annotated[str, AfterValidator(_loopback)]

    @property
    def host(self) -> str:
        return _host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        return int(_host_and_port(self.listen)[1])

"""The demo's MQTT broker: amqtt, embedded, MQTT 3.1.1, on the loopback address only.

In: users with passwords. Out: a broker that lets a user write only its own jobs and read only its own answers, as
the ACL of a real broker must; the gateway's own account may do everything. Needs the extra `demo`. Not for
production: it keeps nothing on disk, and what is queued for an absent client is lost when it ends.
"""

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

HOST: Final = "127.0.0.1"
#: Topics that everybody may read.
_PUBLIC: Final = frozenset({"daemon", "modems"})
#: Topics of which everybody may read his own.
_ANSWERS: Final = frozenset({"receipts", "replies", "status"})


class EmbeddedBroker:
    """A running broker inside `async with`. `port` 0 takes a free one; ask for `port` afterwards."""

    def __init__(self, *, users: Mapping[str, str], port: int = 0, gateway: str = "gatewayd") -> None:
        self.host: Final = HOST
        self.port: Final = port or _free_port()
        self._config: Final = {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{self.port}"}},
            "plugins": {
                f"{__name__}.{Passwords.__name__}": {"users": dict(users)},
                f"{__name__}.{OwnTopics.__name__}": {"gateway": gateway},
            },
        }
        self._broker: Broker | None = None

    async def __aenter__(self) -> Self:
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._broker = Broker(self._config)
        await self._broker.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._broker is not None:
            await self._broker.shutdown()
            self._broker = None


class Passwords(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in who is listed with this password; loaded by the broker by its name."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._users: Mapping[str, str] = self._get_config_option("users", {})

    async def authenticate(self, *, session: Session) -> bool:
        return session.username in self._users and self._users[session.username] == session.password

    @dataclass
    class Config:
        users: dict[str, str] = field(default_factory=dict)


class OwnTopics(BaseTopicPlugin):  # type: ignore[misc]
    """The access list; loaded by the broker by its name."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._gateway: str = self._get_config_option("gateway", "")

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        user = session.username if session is not None else None
        if user == self._gateway:
            return True
        return user is not None and _may(user, (topic or "").split("/")[1:], action)

    @dataclass
    class Config:
        gateway: str = ""


def _may(user: str, levels: list[str], action: Action | None) -> bool:
    """`levels` is the topic without its prefix."""
    if action is Action.PUBLISH:
        return levels == ["jobs", user]
    return levels[:1] != [] and (levels[0] in _PUBLIC or (levels[0] in _ANSWERS and levels[1:2] == [user]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

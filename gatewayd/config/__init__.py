"""The settings: one TOML file → frozen models, every fault reported at once with its key.

Only this room knows pydantic. Other rooms take the section they need as an argument.
"""

from gatewayd.config.load import DEFAULT_PATH, load
from gatewayd.config.metrics import Metrics
from gatewayd.config.modem import Modem
from gatewayd.config.profile import AUTO, Profile, load_profile, recognised
from gatewayd.config.sections import (
    Approval,
    Bounces,
    Gateway,
    Group,
    Imap,
    Log,
    Mailbox,
    Mqtt,
    MqttClient,
    MqttSelftest,
    OAuth2,
    Person,
    Report,
    Retention,
    Sending,
    Settings,
    Smtp,
    Step,
    Unit,
    Window,
)
from gatewayd.config.values import Secret

__all__ = [
    "AUTO",
    "DEFAULT_PATH",
    "Approval",
    "Bounces",
    "Gateway",
    "Group",
    "Imap",
    "Log",
    "Mailbox",
    "Metrics",
    "Modem",
    "Mqtt",
    "MqttClient",
    "MqttSelftest",
    "OAuth2",
    "Person",
    "Profile",
    "Report",
    "Retention",
    "Secret",
    "Sending",
    "Settings",
    "Smtp",
    "Step",
    "Unit",
    "Window",
    "load",
    "load_profile",
    "recognised",
]

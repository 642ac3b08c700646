"""Files that the settings name: secrets and directories. Settings → faults, one a line with its key."""

from collections.abc import Iterator

from gatewayd.config.sections import OAuth2, Settings
from gatewayd.config.values import Secret
from gatewayd.errors import SettingsError
from gatewayd.wire.payload_signature import SHORTEST_KEY


def file_faults(settings: Settings) -> Iterator[str]:
    """Every file of the settings that cannot be read."""
    for key, secret in _secrets(settings).items():
        try:
            if secret is not None and len(secret.read()) < SHORTEST_KEY and key.endswith("hmac_key"):
                yield f"{key}: {secret.path} holds fewer than {SHORTEST_KEY} characters"
        except SettingsError as error:
            yield f"{key}: {error}"
    for name, group in settings.groups.items():
        if not group.file.is_file():
            yield f"groups.{name}.file: {group.file} is not a file"


def _secrets(settings: Settings) -> dict[str, Secret | None]:
    return {
        "mailbox.password": settings.mailbox.password if settings.mailbox else None,
        "bounces.password": settings.bounces.password if settings.bounces else None,
        "smtp.password": settings.smtp.password if settings.smtp else None,
        **_tokens("mailbox", settings.mailbox.oauth2 if settings.mailbox else None),
        **_tokens("smtp", settings.smtp.oauth2 if settings.smtp else None),
        "mqtt.password": settings.mqtt.password if settings.mqtt else None,
        "mqtt.selftest.password": settings.mqtt.selftest.password if settings.mqtt and settings.mqtt.selftest else None,
        **{
            f"mqtt.clients[{index}].hmac_key": client.hmac_key
            for index, client in enumerate(settings.mqtt.clients if settings.mqtt else ())
        },
        **{f"modems[{index}].pin": modem.pin for index, modem in enumerate(settings.modems)},
    }


def _tokens(section: str, oauth2: OAuth2 | None) -> dict[str, Secret | None]:
    return {
        f"{section}.oauth2.client_secret": oauth2.client_secret if oauth2 else None,
        f"{section}.oauth2.refresh_token": oauth2.refresh_token if oauth2 else None,
    }

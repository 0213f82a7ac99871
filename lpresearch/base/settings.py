"""Settings: what a session needs to know, resolved once from a mapping of variables. Reads no file, no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lpresearch.base.errors import ConfigError

PREFIXES = ("LONGBRIDGE_", "LONGPORT_")
_HOSTS = {"LONGBRIDGE_": "longbridge", "LONGPORT_": "longportapp"}
_CREDENTIALS = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")
_LANGUAGES = ("en", "zh-CN", "zh-HK")
TRANSPORTS = ("ws", "http")  # as 5.x names the link and signed requests
REQUEST_TIMEOUT_S = 30.0  # longport.md 3.1: the SDK waits 30 s
CONNECT_TIMEOUT_S = 5.0  # longport.md 11
RECONNECT_DELAY_S = 2.0  # longport.md 3.3; doubles with each failure
SILENCE_S = 120.0  # longport.md 3.3: a server that is alive pings within this time


class Secret(str):
    """A text that shows itself masked: in reprs, logs, tracebacks and saved notebooks. ``reveal`` gives the text."""

    __slots__ = ()

    def reveal(self) -> str:
        """The text itself; only signing and the auth header call this."""
        return str.__str__(self)

    def __str__(self) -> str:
        return self.__repr__()

    def __repr__(self) -> str:
        text = str.__str__(self)
        return f"{text[:2]}***{text[-2:]}" if len(text) >= 12 else "***"

    def __format__(self, spec: str) -> str:
        return format(self.__repr__(), spec)


@dataclass(frozen=True)
class Credentials:
    """The three texts that sign requests."""

    app_key: Secret
    app_secret: Secret
    access_token: Secret


@dataclass(frozen=True)
class Settings:
    """Everything a session needs to know of its server and itself."""

    credentials: Credentials
    http_url: str
    quote_ws_url: str
    trade_ws_url: str
    language: str = "en"
    overnight: bool = False
    paper: bool = False
    quote_transport: str = TRANSPORTS[0]
    timeout_s: float = REQUEST_TIMEOUT_S
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    reconnect_delay_s: float = RECONNECT_DELAY_S
    silence_s: float = SILENCE_S

    @property
    def host(self) -> str:
        """Host and port of the HTTP side."""
        return urlsplit(self.http_url).netloc


def resolve(variables: Mapping[str, str], **arguments: str | None) -> Settings | None:
    """Settings from arguments, then ``LONGBRIDGE_*``, then ``LONGPORT_*``; None where no credential is given at all.

    Parameters
    ----------
    variables : the environment, with the ``.env`` file below it.
    arguments : ``app_key``, ``app_secret``, ``access_token``, ``http_url``, ``quote_ws_url``, ``trade_ws_url``,
        ``language``, ``region``, ``quote_transport``; None means not given.

    Raises
    ------
    ConfigError : a half-set of credentials, one that no header can carry, a malformed URL, an unknown language
        or transport.
    """
    given = {name.upper(): value for name, value in arguments.items() if value is not None}

    def look_up(name: str) -> tuple[str, str]:
        """The value and the prefix it came with ("" for an argument)."""
        if name in given:
            return given[name].strip(), ""
        for prefix in PREFIXES:
            if variables.get(prefix + name, "").strip():
                return variables[prefix + name].strip(), prefix
        return "", ""

    found = {name: look_up(name) for name in _CREDENTIALS}
    missing = [name for name, (value, _) in found.items() if not value]
    if len(missing) == len(_CREDENTIALS):
        return None
    if missing:
        have = ", ".join((prefix or "argument ") + name for name, (value, prefix) in found.items() if value)
        lack = ", ".join(f"LONGBRIDGE_{name}" for name in missing)
        raise ConfigError(
            f"Credentials are half given: {have} is set, {lack} (or LONGPORT_) is not.",
            hint="Set all three or none; with none, the simulator is used.",
        )
    for name, (value, _) in found.items():
        _check_characters(name, value)
    prefix = next((prefix for _, prefix in found.values() if prefix), PREFIXES[0])
    region = look_up("REGION")[0].lower()
    base = f"{_HOSTS[prefix]}.{'cn' if region == 'cn' else 'com'}"
    language = _one_of("LANGUAGE", look_up("LANGUAGE")[0] or "en", _LANGUAGES)
    transport = _one_of("QUOTE_TRANSPORT", look_up("QUOTE_TRANSPORT")[0].lower() or TRANSPORTS[0], TRANSPORTS)
    return Settings(
        Credentials(*(Secret(found[name][0]) for name in _CREDENTIALS)),
        http_url=_url("HTTP_URL", look_up("HTTP_URL")[0] or f"https://openapi.{base}", ("http", "https")),
        quote_ws_url=_url(
            "QUOTE_WS_URL", look_up("QUOTE_WS_URL")[0] or f"wss://openapi-quote.{base}/v2", ("ws", "wss")
        ),
        trade_ws_url=_url(
            "TRADE_WS_URL", look_up("TRADE_WS_URL")[0] or f"wss://openapi-trade.{base}/v2", ("ws", "wss")
        ),
        language=language,
        overnight=look_up("ENABLE_OVERNIGHT")[0].lower() == "true",
        paper=look_up("PAPERTRADING")[0].lower() == "true",
        quote_transport=transport,
    )


def _check_characters(name: str, credential: str) -> None:
    """A credential travels in a header; one that cannot would be shown whole by the HTTP library's own error."""
    if not (credential.isascii() and credential.isprintable()):
        raise ConfigError(
            f"{name} holds a line break or another character that no credential has.",
            hint="Copy it once more from the developer page.",
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ConfigError(f"{name}={value!r}: it is one of {', '.join(allowed)}.")
    return value


def _url(name: str, text: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.netloc:
        raise ConfigError(
            f"{name}={text!r}: a URL of {' or '.join(schemes)} is needed.",
            hint=f"Example: {schemes[-1]}://openapi.longbridge.com",
        )
    return text.rstrip("/")

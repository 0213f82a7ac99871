"""Settings from variables and arguments (longport.md 1)."""

from __future__ import annotations

import logging

import pytest

from lpresearch.base.errors import ConfigError
from lpresearch.base.settings import Secret, resolve


def _variables(prefix: str, **more: str) -> dict[str, str]:
    names = {"APP_KEY": "key", "APP_SECRET": "secret", "ACCESS_TOKEN": "token", **more}
    return {prefix + name: value for name, value in names.items()}


def test_no_credentials_at_all_means_no_settings() -> None:
    assert resolve({"LONGPORT_REGION": "hk"}) is None


@pytest.mark.parametrize(
    ("prefix", "host"), [("LONGBRIDGE_", "openapi.longbridge.com"), ("LONGPORT_", "openapi.longportapp.com")]
)
def test_the_host_follows_the_prefix_of_the_credentials(prefix: str, host: str) -> None:
    settings = resolve(_variables(prefix))
    assert settings is not None
    assert settings.host == host
    assert settings.quote_ws_url == f"wss://{host.replace('openapi', 'openapi-quote')}/v2"
    assert settings.trade_ws_url == f"wss://{host.replace('openapi', 'openapi-trade')}/v2"


def test_the_new_prefix_goes_before_the_old_one() -> None:
    settings = resolve(_variables("LONGPORT_", APP_KEY="old") | _variables("LONGBRIDGE_", APP_KEY="new"))
    assert settings is not None
    assert settings.credentials.app_key.reveal() == "new"


def test_region_cn_means_the_hosts_of_mainland_china() -> None:
    settings = resolve(_variables("LONGPORT_", REGION="CN"))
    assert settings is not None
    assert settings.http_url == "https://openapi.longportapp.cn"


def test_named_urls_are_used() -> None:
    settings = resolve(_variables("LONGPORT_", HTTP_URL="http://127.0.0.1:8000/", QUOTE_WS_URL="ws://127.0.0.1:8000/q"))
    assert settings is not None
    assert settings.http_url == "http://127.0.0.1:8000"
    assert settings.quote_ws_url == "ws://127.0.0.1:8000/q"


def test_an_argument_goes_before_the_environment() -> None:
    settings = resolve(_variables("LONGPORT_"), app_key="mine")
    assert settings is not None
    assert settings.credentials.app_key.reveal() == "mine"


@pytest.mark.parametrize("left_out", ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN"])
def test_a_half_set_of_credentials_is_an_error_that_names_what_is_missing(left_out: str) -> None:
    variables = _variables("LONGPORT_")
    del variables["LONGPORT_" + left_out]
    with pytest.raises(ConfigError, match=f"LONGBRIDGE_{left_out}"):
        resolve(variables)


@pytest.mark.parametrize(("name", "value"), [("HTTP_URL", "example.org"), ("QUOTE_WS_URL", "https://example.org")])
def test_a_malformed_url_is_an_error_that_names_it(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        resolve(_variables("LONGPORT_", **{name: value}))


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(ConfigError, match="en, zh-CN, zh-HK"):
        resolve(_variables("LONGPORT_", LANGUAGE="fr"))


@pytest.mark.parametrize("name", ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN"])
@pytest.mark.parametrize("value", ["first-half\nsecond-half", "first-half\0second-half", "first-half\u00fcsecond-half"])
def test_a_credential_that_no_header_can_carry_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        resolve(_variables("LONGPORT_", **{name: value}))
    assert "half" not in str(caught.value) + repr(caught.value)


def test_blanks_around_a_credential_are_no_part_of_it() -> None:
    settings = resolve(_variables("LONGPORT_", ACCESS_TOKEN="token\n"), app_key=" mine\n")
    assert settings is not None
    assert (settings.credentials.app_key.reveal(), settings.credentials.access_token.reveal()) == ("mine", "token")


def test_a_secret_shows_itself_only_masked(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret("s3cret-of-sixteen")
    logging.getLogger("test").warning("%s %r", secret, secret)
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {secret:>20} {caplog.text}"
    assert "cret-of-sixte" not in shown
    assert secret.reveal() == "s3cret-of-sixteen"


def test_settings_show_no_secret() -> None:
    settings = resolve(_variables("LONGPORT_", ACCESS_TOKEN="a-long-access-token"))
    assert "long-access-tok" not in repr(settings)

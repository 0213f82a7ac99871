"""Asks for today's fills with the SDK's bare HTTP client."""

import sys

from tests.conformance.programs.sdk import BRAND, api, oauth

if sys.argv[2] == "oauth":
    http = api.HttpClient.from_oauth(oauth())
elif BRAND == "longport":
    http = api.HttpClient.from_env()
else:
    http = api.HttpClient.from_apikey_env()
print("trades", len(http.request("get", "/v1/trade/execution/today")["trades"]))

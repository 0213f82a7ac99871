"""Small programs as users of the official SDKs write them; each is run as it is, with nothing but an environment."""

"""Where an account's state lives on disk, shared by all processes of the user. No network, no frames."""

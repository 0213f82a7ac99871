"""The official SDKs as oracles: they are served by the simulator, and our client asks and reads as they do."""

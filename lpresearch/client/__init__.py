"""The session: one connection to a source, what it remembers on disk, and the two faces of every public function."""

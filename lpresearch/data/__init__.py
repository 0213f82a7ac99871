"""Market data as DataFrames. Each function is written once (a core) and callable plainly or as ``.aio``."""

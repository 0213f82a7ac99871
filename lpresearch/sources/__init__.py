"""Brokers behind the one seam of ``base.source``. Wire types and endpoints end here. Never pandas, never files."""

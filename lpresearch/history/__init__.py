"""Bars that are paid for once: quota rules, ledger, store and plan. Never sees a broker, a network or a frame."""

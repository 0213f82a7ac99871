"""How widgets look: one style sheet for all, readable in light and dark themes. Values and small HTML helpers only."""

from __future__ import annotations

from html import escape

# JupyterLab and VS Code name their theme on <body>; the second block is for dark ones. Contrast on both is 4.5 or more.
STYLE = """
<style>
.lpr { --lpr-up: #007f5c; --lpr-down: #c04a00; --lpr-up-wash: rgba(0,158,115,.22); --lpr-down-wash: rgba(213,94,0,.20);
  --lpr-ink: var(--jp-ui-font-color1, #24292f); --lpr-quiet: var(--jp-ui-font-color2, #6e7781);
  --lpr-line: var(--jp-border-color2, #d0d7de); --lpr-warn: #9a6700;
  color: var(--lpr-ink); font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-size: 13px; line-height: 1.35; }
body[data-jp-theme-light="false"] .lpr, body.vscode-dark .lpr, body.theme-dark .lpr {
  --lpr-up: #3ecf9f; --lpr-down: #ff8f52; --lpr-up-wash: rgba(62,207,159,.28); --lpr-down-wash: rgba(255,143,82,.26);
  --lpr-warn: #e3b341; }
.lpr-red-up .lpr-up { color: var(--lpr-down); } .lpr-red-up .lpr-down { color: var(--lpr-up); }
.lpr-up { color: var(--lpr-up); } .lpr-down { color: var(--lpr-down); } .lpr-quiet { color: var(--lpr-quiet); }
.lpr-badge { border: 1px solid currentColor; border-radius: 3px; padding: 0 5px; font-size: 10px; font-weight: 600;
  letter-spacing: .06em; color: var(--lpr-quiet); white-space: nowrap; }
.lpr-badge.lpr-live { color: var(--lpr-down); }
.lpr-head { display: flex; gap: 8px; align-items: center; margin-bottom: 4px; }
.lpr table { border-collapse: collapse; width: auto; margin: 0; font-variant-numeric: tabular-nums; }
.lpr th { font-weight: 500; color: var(--lpr-quiet); border-bottom: 1px solid var(--lpr-line); }
.lpr th, .lpr td { padding: 3px 8px; text-align: right; white-space: nowrap; }
.lpr th.lpr-text, .lpr td.lpr-text { text-align: left; }
.lpr tbody td { border-bottom: 1px solid var(--jp-border-color3, rgba(128,128,128,.15)); }
.lpr th:first-child, .lpr td:first-child { padding-left: 0; }
.lpr-name { max-width: 22em; overflow: hidden; text-overflow: ellipsis; }
@keyframes lpr-rise { from { background: var(--lpr-up-wash); } }
@keyframes lpr-fall { from { background: var(--lpr-down-wash); } }
.lpr-rose { animation: lpr-rise .9s ease-out; } .lpr-fell { animation: lpr-fall .9s ease-out; }
.lpr-red-up .lpr-rose { animation-name: lpr-fall; } .lpr-red-up .lpr-fell { animation-name: lpr-rise; }
@keyframes lpr-appear { to { opacity: 1; } } @keyframes lpr-fade { to { opacity: .5; } }
.lpr-late { opacity: 0; color: var(--lpr-warn); animation: lpr-appear 1s linear 60s forwards; }
.lpr-old { animation: lpr-fade 1s linear 60s forwards; }
.lpr-stale .lpr-late { animation-delay: 0s; } .lpr-stale .lpr-old { animation-delay: 0s; }
.lpr-ticket .widget-toggle-button.mod-active { color: white; background: #00805d; }
.lpr-ticket .widget-toggle-button.mod-active:last-child { background: #c04a00; }
.lpr-problem { color: var(--lpr-down); } .lpr-good { color: var(--lpr-up); }
</style>
"""


def text(value: object) -> str:
    """A value as HTML text: nothing that a server sends can become markup."""
    return escape(str(value), quote=True)


def badge(words: str, *, live: bool = False) -> str:
    """A small framed word, such as SIMULATED."""
    return f'<span class="lpr-badge{" lpr-live" if live else ""}">{text(words)}</span>'

"""A real JupyterLab and a headless Chromium to look at it, for the browser tests. Knows nothing of lpresearch."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Locator, Page, sync_playwright

CHROMIUM_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Nothing that asks the network, nothing that pops up over the notebook.
LAB_OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
    "@jupyterlab/completer-extension:manager": {"autoCompletion": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # Every output stays in the page, so that a test can read it wherever the page is scrolled to.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
START_TIMEOUT_S = 60.0
CELLS_TIMEOUT_S = 90.0


def find_chromium() -> str | None:
    """The browser's program, if this machine has one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def running_lab(folder: Path, notebooks: Path, *, dark: bool = False) -> Iterator[str]:
    """Serve ``notebooks`` by a JupyterLab that keeps everything else below ``folder``; gives its URL with the token."""
    folder.mkdir(parents=True, exist_ok=True)
    token, port = secrets.token_hex(12), _free_port()
    environment = _environment(folder, dark=dark)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={notebooks}",
        f"--IdentityProvider.token={token}", "--LabApp.extension_manager=readonly", "--LabApp.news_url=None",
    ]  # fmt: skip
    log = folder / "lab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=notebooks)
        try:
            _wait_until_up(f"http://127.0.0.1:{port}/api?token={token}", process, log)
            yield f"http://127.0.0.1:{port}/lab/tree/{{notebook}}?token={token}"
        finally:
            process.terminate()  # Jupyter ends its kernels first
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _environment(folder: Path, *, dark: bool) -> dict[str, str]:
    """This process' environment without credentials, every folder of Jupyter and lpresearch below ``folder``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "LONGPORT_", "LONGBRIDGE_", "LPRESEARCH_"))
    }
    places = {
        name: folder / name.lower()
        for name in (
            "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "LPRESEARCH_CACHE_DIR", "LPRESEARCH_STATE_DIR", "MPLCONFIGDIR",
        )
    }  # fmt: skip
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    theme = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}} if dark else {}
    for plugin, values in (LAB_OVERRIDES | theme).items():
        name, _, part = plugin.partition(":")
        file = places["JUPYTERLAB_SETTINGS_DIR"] / name / f"{part}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    return kept | {name: str(place) for name, place in places.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


@contextmanager
def browser_page(*, width: int = 1280, height: int = 1000) -> Iterator[Page]:
    """A page of a fresh headless Chromium. Requests to anything but this machine are refused and fail the test."""
    program = find_chromium()
    assert program is not None, "no Chromium on this machine"
    strangers: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(30_000)

        def watch(url: str) -> None:
            if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url):
                strangers.append(url)

        page.on("request", lambda request: watch(request.url))
        try:
            yield page
        finally:
            browser.close()
    assert not strangers, f"the page asked other machines: {strangers}"


def ask_kernel(folder: Path, code: str) -> str:
    """What ``print`` writes for ``code`` in the one kernel that the JupyterLab of ``folder`` runs."""
    (connection,) = (folder / "jupyter_runtime_dir").glob("kernel-*.json")
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    printed: list[str] = []

    def listen(message: dict[str, dict[str, str]]) -> None:
        printed.append(message["content"].get("text", ""))

    try:
        reply = client.execute_interactive(code, output_hook=listen, store_history=False, timeout=30)
    finally:
        client.stop_channels()
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed).strip()


class Notebook:
    """A notebook open in JupyterLab, seen through the browser."""

    def __init__(self, page: Page, url: str, name: str) -> None:
        self.page = page
        page.goto(url.format(notebook=name))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        # Run All before the kernel is there would ask which kernel to take.
        page.locator("#jp-main-statusbar", has_text=re.compile(r"\|\s*Idle")).wait_for(timeout=60_000)

    @property
    def cells(self) -> Locator:
        """The code cells."""
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def run_all(self) -> None:
        """Run all cells and wait for the last to end; an error output fails the test."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        deadline = time.monotonic() + CELLS_TIMEOUT_S
        while not self._finished():
            assert time.monotonic() < deadline, f"cells still run after {CELLS_TIMEOUT_S:g} s: {self.prompts()}"
            self.page.wait_for_timeout(200)
        errors = self.page.locator('[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()
        assert not errors, f"cells failed: {errors}"

    def prompts(self) -> list[str]:
        """What stands left of the code cells: ``[3]:`` has run, ``[*]:`` runs, ``[ ]:`` has not."""
        return self.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()

    def _finished(self) -> bool:
        prompts = [prompt.strip() for prompt in self.prompts()]
        failed = self.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() > 0
        return failed or all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in prompts)

    def bring_into_view(self, part: Locator) -> None:
        """Scroll to it in one step: what ticks is drawn anew while Playwright waits for it to hold still."""
        part.evaluate("element => element.scrollIntoView({block: 'center'})")

    def wait_until(self, what: str, true: Callable[[], bool], *, timeout_s: float = 30.0) -> None:
        """Wait until it is true; ``what`` says in words what was waited for."""
        deadline = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline, f"{what}: not within {timeout_s:g} s"
            self.page.wait_for_timeout(100)

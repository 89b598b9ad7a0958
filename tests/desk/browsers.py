"""A real Chromium, and a desk in its own process that may be killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class Served:
    """`offtake serve --demo` on a database of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"sqlite:///{folder / 'desk.db'}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "offtake.cli.main", "serve", "--demo"]
        command += ["--port", str(self.port), "--db", self.url]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy()
        )
        for _ in range(200):
            try:
                if httpx.get(f"{self.base}/health/ready", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("the desk did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def later(self) -> None:
        """Let time pass to the next deadline; what runs out then is recorded and seen."""
        headers = {"origin": self.base, "sec-fetch-site": "same-origin"}
        passed = httpx.post(f"{self.base}/demo/later", headers=headers, timeout=60)
        assert passed.status_code == 303


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: install [test]")
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with api.sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield browser
        browser.close()


class Person:
    """Somebody at the desk, in a browser of their own; what their browser complains of is kept."""

    def __init__(
        self, chromium: Any, desk: Served, name: str, width: int = 1280, **more: Any
    ) -> None:
        self.desk, self.name, self.complaints = desk, name, list[str]()
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            **{"locale": "en-US", **more},
        )
        self.page = context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.goto(f"{desk.base}/demo")
        self.page.get_by_role("link", name=re.compile(f"^{name}")).click()
        self.page.get_by_role("button", name=re.compile("Sign on|Se connecter")).click()
        self.page.wait_for_url(f"{desk.base}/")

    def _said(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.desk.base, "data:", "blob:")):
            self.complaints.append(f"content from elsewhere: {url}")

    def sees(self, path: str) -> str:
        """The text of a page."""
        self.page.goto(f"{self.desk.base}{path}")
        return str(self.page.inner_text("main"))

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"[name='{name.replace('__', '.')}']:visible").last.fill(value)

    def presses(self, name: str) -> str:
        """Press a button that sends a form; the text of the page that answers it."""
        with self.page.expect_navigation():  # The page before is loaded, too: no state tells.
            self.page.get_by_role("button", name=name).first.click()
        return str(self.page.inner_text("main"))

    def confirms(self, name: str) -> str:
        """Press a button whose form asks whether it is meant."""
        form = self.page.locator("form", has=self.page.get_by_role("button", name=name)).first
        form.locator("[name=sure]").check()
        return self.presses(name)

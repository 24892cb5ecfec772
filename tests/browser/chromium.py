"""Chromium without a window, spoken to over a pipe with the DevTools protocol: nothing but Python's own library."""
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SKIPPED = 77
# A busy machine may take that long for one answer; nothing here is judged by how long it took.
PATIENCE = 90
# One name lookup of the browser's own would make a test hang on the network of the machine.
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-domain-reliability", "--disable-extensions", "--mute-audio", "--hide-scrollbars",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def program():
    """The path of the browser, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


def needed():
    """Ends a test as skipped where there is no browser."""
    if program() is None:
        print("skipped: there is no chromium here; .ci/install browser brings it")
        sys.exit(SKIPPED)


class Browser:
    """The process, with a profile of its own that goes with it. Raises OSError when it does not answer any more."""

    def __init__(self, folder):
        self.profile = tempfile.mkdtemp(dir=folder)
        self.errors = os.path.join(self.profile, "stderr")
        to_read, self.to_write = os.pipe()
        self.to_read, to_answer = os.pipe()
        # The four are the lowest free descriptors, so that 3 and 4, which Chromium reads and writes, are taken
        # by ours or by what it may lose.
        command = [program(), *SWITCHES, "--user-data-dir=" + self.profile, "about:blank"]
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, pass_fds=(3, 4),
                start_new_session=True, env={**os.environ, "HOME": self.profile},
                preexec_fn=lambda: _place((to_read, 3), (to_answer, 4)))  # fmt: skip
        os.close(to_read)
        os.close(to_answer)
        self.buffer, self.last_id, self.pages, self.is_lost = b"", 0, {}, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for end in (self.to_write, self.to_read):
            os.close(end)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def page(self, width=1200, height=900):
        """A new page of this size, in CSS pixels."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self.pages[session] = Page(self, target, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(domain + ".enable")
        page.resize(width, height)
        return page

    def send(self, method, parameters=None, session=None):
        """Asks without waiting for the answer; gives its id."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        return self.last_id

    def call(self, method, parameters=None, session=None):
        if self.is_lost:
            raise OSError("chromium did not answer before")
        awaited = self.send(method, parameters, session)
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(deadline, method)
            if answer.get("id") == awaited:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self, deadline, awaited):
        """The next message; one about a page is told to the page, too."""
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.to_read], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self.to_read, 1 << 20) if ready else b""
            if not piece:
                self.is_lost = True
                with open(self.errors, encoding="utf-8", errors="replace") as errors:
                    said = errors.read()[-2000:]
                raise OSError(f"chromium did not answer to {awaited}; it said:\n{said}")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        if message.get("sessionId") in self.pages and "method" in message:
            self.pages[message["sessionId"]].hear(message["method"], message["params"])
        return message


def _place(*pairs):
    high = [(fcntl.fcntl(have, fcntl.F_DUPFD, 10), want) for have, want in pairs]
    for have, want in high:
        os.dup2(have, want)


class Page:
    """One page. `complaints` are errors and warnings of the console, uncaught exceptions and what was blocked;
    `requests` the addresses it asked for."""

    def __init__(self, browser, target, session):
        self.browser, self.target, self.session = browser, target, session
        self.complaints, self.requests, self.loaded = [], [], False

    def call(self, method, **parameters):
        return self.browser.call(method, parameters, self.session)

    def hear(self, method, about):
        if method == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            place = f"{details.get('url', '')}:{details['lineNumber'] + 1}"
            self.complaints.append(details.get("exception", {}).get("description", details["text"]) + " at " + place)
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(one.get("value", one.get("description"))) for one in about["args"]))
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(about["entry"]["text"] + " " + about["entry"].get("url", ""))
        elif method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            # Nothing goes on in the page until somebody answers.
            self.complaints.append("a dialog: " + about["message"])
            self.browser.send("Page.handleJavaScriptDialog", {"accept": True}, self.session)
        elif method == "Page.loadEventFired":
            self.loaded = True

    def open(self, address):
        """Goes there and waits until everything is loaded."""
        self.loaded = False
        failure = self.call("Page.navigate", url=address).get("errorText")
        assert not failure, f"{address}: {failure}"
        deadline = time.monotonic() + PATIENCE
        while not self.loaded:
            self.browser.receive(deadline, "load of " + address)

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.settle()

    def settle(self):
        """Waits for two frames: layout and the observers of sizes have run then."""
        self.look("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => true)")

    def look(self, expression):
        """The value of a JavaScript expression in the page; of its promise when it is one."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, condition, seconds=60):
        """Waits until the expression is true; looks again whenever the page changed. AssertionError when it stays
        false for so long."""
        held = self.look(
            "new Promise(done => {"
            f"const holds = () => Boolean({condition});"
            "const end = found => { watch.disconnect(); clearTimeout(timer); done(found); };"
            "const watch = new MutationObserver(() => { if (holds()) end(true); });"
            f"const timer = setTimeout(() => end(holds()), {1000 * seconds});"
            "watch.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});"
            "if (holds()) end(true); })"
        )
        assert held, f"in {seconds} s it did not become true that {condition}; the page says: " + self.text()[:600]

    def text(self):
        return self.look("document.body ? document.body.innerText : ''")

    def press(self, key, text="", modifiers=0):
        about = {"key": key, "code": key, "windowsVirtualKeyCode": KEY_CODES.get(key, 0), "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **about,
                  **({"text": text} if text else {}))  # fmt: skip
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def point(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, node):
        """Clicks into the middle of what the expression gives; `look.js` must be in the page."""
        x, y = self.look(f"look.middle({node})")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def close(self):
        self.browser.call("Target.closeTarget", {"targetId": self.target})


KEY_CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "Home": 36}

"""A client that nobody here wrote, npm blynk-library 0.5.4, lives through the life of a box, on plain and TLS."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

daemon, here, work = sys.argv[1:4]
PASSWORD = "an interop setup password"


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


class Api:
    def __init__(self, port, email, password):
        self.port, self.session = port, None
        self.session = self.call("POST", "/sessions", {"email": email, "password": password, "deliver": "bearer"})["session"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", data=data, method=method)
        if self.session:
            request.add_header("Authorization", "Bearer " + self.session)
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return json.loads(text) if text else None


class Client:
    def __init__(self, arguments):
        self.lines = []
        self.process = subprocess.Popen(["node", os.path.join(here, "client.cjs"), os.path.join(work, "node_modules"), *arguments],
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.lines.extend(line.strip() for line in self.process.stdout), daemon=True).start()


def until(what, seconds, holds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            print("ok:", what, flush=True)
            return
        time.sleep(0.05)
    fail(what)


def live(root, name, port, authority):
    org = root.call("POST", "/organizations", {"name": name, "plan": "business"})["id"]
    root.call("POST", "/users", {"email": name + "@maker.example", "name": name, "role": "admin", "password": "a long password", "organization": org})
    maker = Api(root.port, name + "@maker.example", "a long password")
    home = maker.call("POST", "/organizations", {"name": name + " customer", "plan": "pro"})["id"]
    maker.call("POST", "/users", {"email": name + "@customer.example", "name": "anna", "role": "user", "password": "a long password", "organization": home})
    anna = Api(root.port, name + "@customer.example", "a long password")
    template = maker.call("POST", "/templates", {"name": "box", "fields": []})["id"]
    token = maker.call("POST", "/tokens", {"template": template, "count": 1})["tokens"][0]
    secret = maker.call("GET", f"/tokens/{token}/secret")
    client = Client([secret["auth_token"], str(port)] + ([authority] if authority else []))
    look = lambda: maker.call("GET", f"/tokens/{token}")
    until(name + ": online, in the origin organization, unclaimed", 20,
          lambda: (lambda t: t["online"] and t["holder"] == org and t["status"] == "UNCLAIMED")(look()))
    time.sleep(21)  # two of its heartbeats pass on its own clock
    if not look()["online"] or client.lines.count("connect") != 1:
        fail(name + ": it did not stay through two heartbeats")
    print("ok:", name + ": stays through two heartbeats", flush=True)
    anna.call("POST", "/claims", {"code": secret["qr_text"]})
    time.sleep(1)
    if not look()["online"] or look()["holder"] != home or client.lines != ["connect"]:
        fail(name + ": the claim was noticed by the device")
    print("ok:", name + ": survives a claim without reconnecting", flush=True)
    maker.call("POST", f"/tokens/{token}/disclaim")
    until(name + ": closed by a disclaim", 10, lambda: "disconnect" in client.lines)
    until(name + ": comes back by itself, to the origin organization", 30,
          lambda: client.lines.count("connect") == 2 and look()["online"] and look()["holder"] == org)
    if any(line.startswith("error") for line in client.lines):
        fail(name + ": it heard an error before its token was deleted")
    maker.call("DELETE", f"/tokens/{token}", {"confirm": look()["printed"]})
    until(name + ": hears that its token is invalid, only now", 30, lambda: any("INVALID_TOKEN" in line for line in client.lines))
    client.process.kill()


def main():
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(here, name)) as source, open(os.path.join(work, name), "w") as copy:
            copy.write(source.read())
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "password"), "w") as file:
            file.write(PASSWORD + "\n")
        ports_file = os.path.join(folder, "ports.json")
        server = subprocess.Popen([daemon, "--data", os.path.join(folder, "data"), "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0",
                                   "--setup-password-file", os.path.join(folder, "password"), "--ports-file", ports_file, "--end-with-parent"])
        try:
            until("the server opens its doors", 20, lambda: os.path.exists(ports_file))
            with open(ports_file) as file:
                ports = json.load(file)
            root = Api(ports["plain"], "admin@localhost", PASSWORD)
            live(root, "plain", ports["plain"], None)
            live(root, "tls", ports["tls"], ports["ca"])
        finally:
            server.send_signal(signal.SIGTERM)
            if server.wait(15) != 0:
                fail("the server did not end cleanly")
    print("all passed")


main()

"""A client that nobody here wrote, npm blynk-library 0.5.4, lives through the life of a box, on plain and TLS."""
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from drydockd import Api, Daemon  # noqa: E402

daemon, here, work = sys.argv[1:4]


def fail(what):
    print("FAILED:", what)
    sys.exit(1)


class Client:
    def __init__(self, arguments):
        self.lines = []
        command = ["node", os.path.join(here, "client.cjs"), os.path.join(work, "node_modules"), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        self.lines.extend(line.strip() for line in self.process.stdout)


def until(what, seconds, holds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            print("ok:", what, flush=True)
            return
        time.sleep(0.05)
    fail(what)


def person(email, name, role, organization):
    return {"email": email, "name": name, "role": role, "password": "a long password", "organization": organization}


def live(root, name, port, authority):
    org = root.call("POST", "/organizations", {"name": name, "plan": "business"})["id"]
    root.call("POST", "/users", person(name + "@maker.example", name, "admin", org))
    maker = Api(root.connection.port, name + "@maker.example", "a long password")
    home = maker.call("POST", "/organizations", {"name": name + " customer", "plan": "pro"})["id"]
    maker.call("POST", "/users", person(name + "@customer.example", "anna", "user", home))
    anna = Api(root.connection.port, name + "@customer.example", "a long password")
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
    until(name + ": hears that its token is invalid, only now", 30,
          lambda: any("INVALID_TOKEN" in line for line in client.lines))
    client.process.kill()


def main():
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(here, name)) as source, open(os.path.join(work, name), "w") as copy:
            copy.write(source.read())
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Daemon(daemon, folder)
        server.start()
        try:
            root = Api(server.ports["plain"])
            live(root, "plain", server.ports["plain"], None)
            live(root, "tls", server.ports["tls"], server.ports["ca"])
        finally:
            code = server.stop()
        if code != 0:
            fail("the server did not end cleanly")
    print("all passed")


main()

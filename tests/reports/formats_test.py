"""The published formats of real runs, and the served API description, held against their schemas by ajv and others."""
import glob
import http.client
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from drydockd import Daemon  # noqa: E402

drydock, daemon, source, work, sampler = sys.argv[1:6]
here = os.path.join(source, "tests", "reports")


def install():
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(here, name)) as original, open(os.path.join(work, name), "w") as copy:
            copy.write(original.read())
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=work, check=True)


def hold(*arguments):
    environment = dict(os.environ, NODE_MODULES=work)
    subprocess.run(["node", os.path.join(here, "formats.mjs"), *arguments], env=environment, check=True, timeout=60)


def record(folder, expected, *options):
    command = [drydock, "run", "scenarios/lifecycle", "--quiet", "-o", folder, *options]
    code = subprocess.run(command, cwd=source, stdout=subprocess.DEVNULL, timeout=120).returncode
    assert code == expected, f"{command} ended with {code}"
    return os.path.join(folder, "run.json")


def printed_schema(folder, name):
    path = os.path.join(folder, name + ".schema.json")
    with open(path, "w") as file:
        subprocess.run([drydock, "schema", name], stdout=file, check=True)
    return path


def api_description(folder):
    server = Daemon(daemon, folder)
    server.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.ports["plain"], timeout=20)
        connection.request("GET", "/api/v1/openapi.json")
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, answer.status
        assert answer.headers["Content-Type"] == "application/json", answer.headers["Content-Type"]
    finally:
        assert server.stop() == 0, "the server did not end cleanly"
    path = os.path.join(folder, "openapi.json")
    with open(path, "wb") as file:
        file.write(body)
    return path


def main():
    install()
    with tempfile.TemporaryDirectory() as folder:
        good = record(os.path.join(folder, "good"), 0)
        bad = record(os.path.join(folder, "bad"), 1, "--faulty", "delete-keeps-session")
        # Nothing can be set up: no steps, no events, no verdict on the product.
        absent = os.path.join(folder, "no-such-daemon")
        unset = record(os.path.join(folder, "unset"), 6, "--bench", "loopback", "--daemon", absent)
        schema = printed_schema(folder, "run")
        with open(schema) as one, open(os.path.join(source, "reports", "schema", "run-1.json")) as other:
            assert json.load(one) == json.load(other), "drydock schema run prints another schema than is published"
        subprocess.run([sampler, os.path.join(folder, "load")], check=True, timeout=60)
        loads = sorted(glob.glob(os.path.join(folder, "load", "*", "run.json")))
        assert len(loads) == 5, loads
        hold("run", schema, good, bad, unset, *loads)
        for run in (good, bad, unset, *loads):
            hold("page", os.path.join(os.path.dirname(run), "report.html"), run)
        files = glob.glob(os.path.join(source, "scenarios", "**", "*.scenario.yaml"), recursive=True)
        wrong = [file for file in files if os.path.basename(os.path.dirname(file)) == "bad"]
        language = printed_schema(folder, "scenario")
        hold("scenarios", language, *(file for file in files if file not in wrong))
        hold("not-scenarios", language, *wrong)
        os.mkdir(os.path.join(folder, "cloud"))
        hold("openapi", api_description(os.path.join(folder, "cloud")))
    print("all passed")


main()

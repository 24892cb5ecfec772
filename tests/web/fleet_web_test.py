"""`drydock fleet --web` while it runs: the address it prints, the ticks behind it, names that are not ours, the end."""
import http.client
import json
import os
import subprocess
import sys
import tempfile

DRYDOCK, DAEMON = sys.argv[1:3]


def get(port, target, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", target, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    return answer.status, answer.read()


def main():
    with tempfile.TemporaryDirectory() as folder:
        command = [DRYDOCK, "fleet", "--devices", "30", "--ramp", "1s", "--for", "3s", "--web", "-q"]
        command += ["--daemon", DAEMON, "-o", os.path.join(folder, "out")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
            line = run.stderr.readline()
            assert line.startswith("live view: http://127.0.0.1:"), line
            port = int(line.strip().rstrip("/").rsplit(":", 1)[1])
            assert get(port, "/")[0] == 200
            assert get(port, "/state", "evil.example")[0] == 421
            ticks, verdict = 0, ""
            # Each answer holds what is new; the last one holds the verdict, and only then the program ends.
            while not verdict:
                status, body = get(port, f"/state?from={ticks}")
                assert status == 200, status
                state = json.loads(body)
                assert state["first"] == ticks, (state["first"], ticks)
                ticks += len(state["load"]["ticks"])
                verdict = state["load"]["verdict"]
            run.stderr.read()
        with open(os.path.join(folder, "out", "run.json")) as file:
            load = json.load(file)["cases"][0]["load"]
        assert verdict == load["verdict"], (verdict, load["verdict"])
        assert ticks >= 3, ticks
        assert state["load"]["phases"] == load["phases"]
        assert state["load"]["heat_bounds_ms"] == load["heat_bounds_ms"]
    print("all passed")


main()

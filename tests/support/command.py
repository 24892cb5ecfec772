"""The drydock command as a test starts it: nothing of the machine's own settings reaches it."""
import os
import subprocess

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DRYDOCK_")}


class Command:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def __call__(self, *arguments, environment=None, folder=None):
        return subprocess.run([self.program, *arguments], cwd=folder or self.folder,
                              env={**ENVIRONMENT, **(environment or {})}, capture_output=True, text=True, timeout=120)

    def begin(self, *arguments, environment=None):
        return subprocess.Popen([self.program, *arguments], cwd=self.folder, env={**ENVIRONMENT, **(environment or {})},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

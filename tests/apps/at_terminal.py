"""Runs a program at a terminal, types a line and then Ctrl-D, and prints all that was to be seen:
at_terminal.py LINE PROGRAM ARGUMENT..."""
import os
import pty
import sys

line, argv = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)

seen = b""


def wait_for(count):
    """Reads until so many prompts were seen."""
    global seen
    while seen.count(b"> ") < count:
        seen += os.read(terminal, 1024)


wait_for(1)
os.write(terminal, line.encode() + b"\n")
wait_for(2)
os.write(terminal, b"\x04")
try:
    while data := os.read(terminal, 1024):
        seen += data
except OSError:  # Linux says EIO at the end
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

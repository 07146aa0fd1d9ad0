"""An exec server as one would write it by hand: exec_server.py FRAMING, one client after the other.

FRAMING: raw, ready, length, json."""
import json
import socket
import struct
import subprocess
import sys

framing = sys.argv[1]
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 0))
server.listen(5)
print("listening on %s:%d" % server.getsockname(), flush=True)

while True:
    connection, client = server.accept()
    while True:
        command = connection.recv(1024)
        if not command:
            break
        process = subprocess.Popen(command.decode("utf-8"), shell=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate()
        answer = err or out
        if framing == "raw":
            connection.send(err)
            connection.send(out)
        elif framing == "ready":
            connection.send(str(len(answer)).encode("utf-8"))
            assert connection.recv(1024) == b"recv_ready"
            connection.send(answer)
        elif framing == "length":
            connection.send(struct.pack("i", len(answer)))
            connection.send(answer)
        else:
            header = json.dumps({"data_size": len(answer)}).encode("utf-8")
            connection.send(struct.pack("i", len(header)))
            connection.send(header)
            connection.sendall(answer)
    connection.close()

"""A time server as one would write it by hand: time_server.py udp|tcp, one client after the other."""
import socket
import sys
import time

kind = sys.argv[1]
if kind == "udp":
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
else:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 0))
if kind == "tcp":
    server.listen(5)
print("listening on %s:%d" % server.getsockname(), flush=True)

while kind == "udp":
    data, client = server.recvfrom(1024)
    form = data.decode("utf-8") or "%Y-%m-%d %X"
    server.sendto(time.strftime(form).encode("utf-8"), client)

while True:
    connection, client = server.accept()
    for line in connection.makefile("r", encoding="utf-8"):
        form = line.rstrip("\n") or "%Y-%m-%d %X"
        connection.sendall(time.strftime(form).encode("utf-8") + b"\n")
    connection.close()

"""An echo server as one would write it by hand: echo_server.py FORM, one client after the other.

FORM: upper, verbatim, once, hello, udp, udp-verbatim, udp-hello."""
import socket
import sys

form = sys.argv[1]
if form.startswith("udp"):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
else:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 0))
if not form.startswith("udp"):
    server.listen(5)
print("listening on %s:%d" % server.getsockname(), flush=True)

while form.startswith("udp"):
    data, client = server.recvfrom(65536)
    server.sendto({"udp": data.upper(), "udp-verbatim": data, "udp-hello": b"hi"}[form], client)

while True:
    connection, client = server.accept()
    if form == "once":
        connection.send(connection.recv(1024).strip().upper())
    elif form == "hello":
        connection.recv(1024)
        connection.send(b"hi")
    else:
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data if form == "verbatim" else data.upper())
    connection.close()

"""A server by multiprocessing.connection, which sends back in upper case: mutual_auth_server.py FORM KEY.

FORM: own, what this Python does; new, what Python 3.12 and later do, by hand."""
import hmac
import os
import socket
import struct
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Listener

form, key = sys.argv[1], sys.argv[2].encode()


def send(client, message):
    client.sendall(struct.pack("!i", len(message)) + message)


def receive(client):
    size, = struct.unpack("!i", client.recv(4, socket.MSG_WAITALL))
    return client.recv(size, socket.MSG_WAITALL)


def accept_by_hand(server):
    client = server.accept()[0]
    message = b"{sha256}" + os.urandom(40)
    send(client, b"#CHALLENGE#" + message)
    if receive(client) != b"{sha256}" + hmac.digest(key, message, "sha256"):
        send(client, b"#FAILURE#")
        raise AuthenticationError("digest received was wrong")
    send(client, b"#WELCOME#")
    message = receive(client)
    assert message.startswith(b"#CHALLENGE#{sha256}"), message
    send(client, b"{sha256}" + hmac.digest(key, message[len(b"#CHALLENGE#"):], "sha256"))
    assert receive(client) == b"#WELCOME#"
    return client


if form == "new":
    server = socket.create_server(("127.0.0.1", 0))
    address = server.getsockname()
else:
    server = Listener(("127.0.0.1", 0), authkey=key)
    address = server.address
print("listening on %s:%d" % address, flush=True)
while True:
    try:
        client = accept_by_hand(server) if form == "new" else server.accept()
        while data := os.read(client.fileno(), 1024):
            os.write(client.fileno(), data.upper())
    except AuthenticationError as error:
        print("AuthenticationError:", error, flush=True)

"""A client by multiprocessing.connection: mutual_auth_client.py FORM HOST PORT KEY WORD.

FORM: own, what this Python does; new, what Python 3.12 and later do, by hand."""
import hmac
import os
import socket
import struct
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

form, host, port, key, word = sys.argv[1:]
address, key = (host, int(port)), key.encode()


def send(client, message):
    client.sendall(struct.pack("!i", len(message)) + message)


def receive(client):
    size, = struct.unpack("!i", client.recv(4, socket.MSG_WAITALL))
    return client.recv(size, socket.MSG_WAITALL)


def connect_by_hand():
    client = socket.create_connection(address)
    message = receive(client)
    assert message.startswith(b"#CHALLENGE#{sha256}"), message
    send(client, b"{sha256}" + hmac.digest(key, message[len(b"#CHALLENGE#"):], "sha256"))
    if receive(client) != b"#WELCOME#":
        raise AuthenticationError("digest sent was rejected")
    message = b"{sha256}" + os.urandom(40)
    send(client, b"#CHALLENGE#" + message)
    assert receive(client) == b"{sha256}" + hmac.digest(key, message, "sha256")
    send(client, b"#WELCOME#")
    return client


try:
    client = connect_by_hand() if form == "new" else Client(address, authkey=key)
except AuthenticationError as error:
    sys.exit("AuthenticationError: %s" % error)
os.write(client.fileno(), word.encode())
print(os.read(client.fileno(), 1024).decode())

"""A server that asks for a key, and then sends back in upper case: auth_server.py KEY DIGEST."""
import hmac
import os
import socket
import sys

key, digest = sys.argv[1].encode(), sys.argv[2]
server = socket.create_server(("127.0.0.1", 0))
print("listening on %s:%d" % server.getsockname(), flush=True)
while True:
    connection, client = server.accept()
    challenge = os.urandom(32)
    connection.sendall(challenge)
    answer = hmac.new(key, challenge, digest).digest()
    if hmac.compare_digest(connection.recv(len(answer)), answer):
        while data := connection.recv(1024):
            connection.sendall(data.upper())
    connection.close()

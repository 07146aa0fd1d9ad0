"""A client that has a key, as one would write it by hand: auth_client.py HOST PORT KEY DIGEST WORD."""
import hmac
import socket
import sys

host, port, key, digest, word = sys.argv[1:]
client = socket.create_connection((host, int(port)))
challenge = client.recv(32)
client.sendall(hmac.new(key.encode(), challenge, digest).digest())
try:
    client.sendall(word.encode())
    print(client.recv(1024).decode())
except OSError:
    print()

"""An echo client as one would write it by hand: echo_client.py FORM HOST PORT WORD...

FORM: upper, verbatim, once, hello, udp. Prints the answer to each word on a line of its own."""
import socket
import sys

form, host, port, words = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]


def connect():
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(30)
    client.connect((host, port))
    return client


if form == "udp":
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(30)
    for word in words:
        client.sendto(word.encode("utf-8"), (host, port))
        data, server = client.recvfrom(1024)
        print(data.decode("utf-8"), flush=True)
elif form in ("once", "hello"):
    for word in words:
        client = connect()
        client.send(word.encode("utf-8"))
        print(client.recv(1024).decode("utf-8"), flush=True)
        assert client.recv(1024) == b""  # the server ends the connection
        client.close()
else:
    client = connect()
    for word in words:
        client.send(word.encode("utf-8"))
        print(client.recv(1024).decode("utf-8"), flush=True)
    client.close()

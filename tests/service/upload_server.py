"""An upload server as one would write it by hand: upload_server.py MODE DIRECTORY, one client after the other.

MODE: close, which ends the connection when the client does; never, which does not. Prints each header."""
import json
import os
import socket
import struct
import sys

mode, directory = sys.argv[1], sys.argv[2]
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 0))
server.listen(5)
print("listening on %s:%d" % server.getsockname(), flush=True)
kept = []


def receive(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 65536))
        if not piece:
            raise EOFError
        data += piece
    return data


while True:
    connection, client = server.accept()
    while True:
        length = connection.recv(4)
        if not length:
            break
        header = json.loads(receive(connection, struct.unpack("i", length)[0]).decode("utf-8"))
        name = header.get("filename") or header["file_name"]
        size = header["filesize"] if "filesize" in header else header["file_size"]
        data = receive(connection, size)
        with open(os.path.join(directory, os.path.basename(name)), "wb") as file:
            file.write(data)
        print(json.dumps(header), flush=True)
    if mode == "never":
        kept.append(connection)
    else:
        connection.close()

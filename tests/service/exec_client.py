"""An exec client as one would write it by hand: exec_client.py FRAMING HOST PORT COMMAND...

FRAMING: raw, ready, length, json. Prints what each command printed."""
import json
import socket
import struct
import sys

framing, host, port, commands = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.settimeout(30)
client.connect((host, port))


def receive(size):
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        assert more, "the server closed the connection"
        data += more
    return data


for command in commands:
    client.send(command.encode("utf-8"))
    if framing == "raw":
        answer = client.recv(1024)
    elif framing == "ready":
        size = int(client.recv(1024).decode("utf-8"))
        client.send(b"recv_ready")
        answer = receive(size)
    elif framing == "length":
        answer = receive(struct.unpack("i", receive(4))[0])
    else:
        header = json.loads(receive(struct.unpack("i", receive(4))[0]).decode("utf-8"))
        answer = receive(header["data_size"])
    print(answer.decode("utf-8"), end="", flush=True)
client.close()

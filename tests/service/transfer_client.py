"""A client of put, get and ls as one would write it by hand: transfer_client.py HOST PORT FILE, which must be on the
server. Gets it in two pieces, puts it back under another name, and prints what is there then."""
import hashlib
import json
import socket
import struct
import sys

host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = socket.create_connection((host, port), timeout=30)
stream = client.makefile("rb")


def say(header, data=b""):
    header_bytes = json.dumps(header).encode("utf-8")
    client.sendall(struct.pack("i", len(header_bytes)) + header_bytes + data)


def hear():
    return json.loads(stream.read(struct.unpack("i", stream.read(4))[0]))


say({"cmd": "get", "filename": name})
whole = stream.read(hear()["filesize"])
half = whole[: len(whole) // 2]
say({"cmd": "get", "filename": name, "offset": len(half), "sha256": hashlib.sha256(half).hexdigest(), "digest": "sha256"})
answer = hear()
data = half[: answer["offset"]] + stream.read(answer["filesize"] - answer["offset"])
assert data == whole and answer["offset"] == len(half), answer
assert hear() == {"sha256": hashlib.sha256(whole).hexdigest()}

digest = hashlib.sha256(data).hexdigest()
header = {"cmd": "put", "filename": "back", "path": "d/back", "filesize": len(data), "reply": True, "sha256": digest}
say(header, data)
assert hear()["ok"]
say({**header, "path": "d/again", "resume": True})
assert hear() == {"offset": 0, "sha256": hashlib.sha256(b"").hexdigest()}
say({"offset": 0}, data)
assert hear()["ok"]

say({"cmd": "ls", "recursive": True})
names = []
more = True
while more:
    page = hear()
    more = page["more"]
    names += [file["name"] for file in page["files"]]
print(sorted(names))

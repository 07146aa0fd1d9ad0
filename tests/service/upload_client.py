"""An upload client as one would write it by hand: upload_client.py FORM HOST PORT PATH[=NAME]...

FORM: put, msg, md5. Sends every file on one connection, under NAME if that is given, and never reads."""
import hashlib
import json
import os
import socket
import struct
import sys

form, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
files = [argument.partition("=") for argument in sys.argv[4:]]

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.settimeout(30)
client.connect((host, port))
for path, _, name in files:
    with open(path, "rb") as file:
        data = file.read()
    name, size = name or os.path.basename(path), os.path.getsize(path)
    if form == "put":
        header = {"cmd": "put", "filename": name, "filesize": size}
    elif form == "msg":
        header = {"file_name": name, "file_size": size, "msg": "here is " + name}
    else:
        header = {"file_name": name, "file_size": size, "md5": hashlib.md5(data).hexdigest()}
    header_bytes = bytes(json.dumps(header), encoding="utf-8")
    client.send(struct.pack("i", len(header_bytes)))
    client.send(header_bytes)
    client.sendall(data)
client.close()

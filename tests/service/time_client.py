"""A time client as one would write it by hand: time_client.py udp|tcp HOST PORT FORMAT..."""
import socket
import sys

kind, host, port, formats = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
if kind == "udp":
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(30)
    for form in formats:
        client.sendto(form.encode("utf-8"), (host, port))
        data, server = client.recvfrom(1024)
        print(data.decode("utf-8"), flush=True)
else:
    client = socket.create_connection((host, port), 30)
    lines = client.makefile("rw", encoding="utf-8", newline="\n")
    for form in formats:
        lines.write(form + "\n")
        lines.flush()
        print(lines.readline().rstrip("\n"), flush=True)

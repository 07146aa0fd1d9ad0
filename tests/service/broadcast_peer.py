"""Broadcast as one would write it by hand: broadcast_peer.py receive PORT | send PORT MESSAGE"""
import socket
import sys

peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "receive":
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    peer.settimeout(30)
    peer.bind(("", int(sys.argv[2])))
    print("listening on 0.0.0.0:%d" % peer.getsockname()[1], flush=True)
    print(peer.recvfrom(1024)[0].decode("utf-8"))
else:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    peer.sendto(sys.argv[3].encode("utf-8"), ("127.255.255.255", int(sys.argv[2])))

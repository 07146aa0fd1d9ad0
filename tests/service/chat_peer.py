"""Chat as one would write it by hand.
   chat_peer.py server ANSWER...        answers each message with the next of these, and ends
   chat_peer.py client PORT MESSAGE...  sends each, and waits for an answer
   chat_peer.py member PORT NAME MESSAGE...  the same in a room, whose code it has to send back"""
import socket
import sys

role, words = sys.argv[1], sys.argv[2:]
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.settimeout(30)


def show(data, address):
    print("[%s:%s] %s" % (address[0], address[1], data.decode("utf-8", "replace")), flush=True)


if role == "server":
    peer.bind(("127.0.0.1", 0))
    print("listening on 127.0.0.1:%d" % peer.getsockname()[1], flush=True)
    for answer in words:
        data, address = peer.recvfrom(1024)
        show(data, address)
        peer.sendto(answer.encode("utf-8"), address)
else:
    server = ("127.0.0.1", int(words.pop(0)))
    if role == "member":
        name = words.pop(0)
        peer.sendto(b"I would like to come in", server)
        code = peer.recvfrom(1024)[0].decode("utf-8").split()[-1]
        peer.sendto(("%s %s" % (code, name)).encode("utf-8"), server)
        show(*peer.recvfrom(1024))
    for message in words:
        peer.sendto(message.encode("utf-8"), server)
        show(*peer.recvfrom(1024))

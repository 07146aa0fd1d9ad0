"""Asks an http_server for files by Python's http.client, over one connection as long as it goes."""
import http.client
import sys

host, port = sys.argv[1], int(sys.argv[2])
connection = http.client.HTTPConnection(host, port, timeout=60)


def ask(method, path, body=None, headers={}, **more):
    connection.request(method, path, body, headers, **more)
    response = connection.getresponse()
    return response, response.read()


response, body = ask("GET", "/a.txt")
assert (response.status, body) == (200, b"0123456789"), (response.status, body)
assert response.version == 11 and not response.will_close
first_socket, etag = connection.sock, response.headers["ETag"]

response, body = ask("GET", "/a.txt", headers={"Range": "bytes=2-4"})
assert (response.status, body) == (206, b"234"), (response.status, body)

response, body = ask("GET", "/a.txt", headers={"If-None-Match": etag})
assert (response.status, body) == (304, b""), (response.status, body)

response, body = ask("HEAD", "/large.bin")
assert (response.status, response.headers["Content-Length"], body) == (200, "3000000", b"")

response, body = ask("GET", "/large.bin")
assert len(body) == 3000000 and body[:2] == b"xx", len(body)

response, body = ask("GET", "/%E4%BA%94%E5%A4%A7.txt")
assert (response.status, body) == (200, b"five"), (response.status, body)

response, body = ask("GET", "/")
assert "五大.txt" in body.decode(), body

response, body = ask("GET", "/dir")
assert (response.status, response.headers["Location"]) == (301, "/dir/")

response, body = ask("POST", "/a.txt", b"x" * 1000)
assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")

response, body = ask("PUT", "/a.txt", iter([b"one", b"two"]), encode_chunked=True)
assert response.status == 405, response.status

response, body = ask("GET", "/none")
assert response.status == 404 and b"404" in body
assert connection.sock is first_socket, "the connection should have stayed"

response, body = ask("GET", "/a.txt", headers={"Connection": "close"})
assert response.will_close and body == b"0123456789"

response, body = ask("GET", "/a.txt")
assert body == b"0123456789"
print("ok")

"""Sells, rewards and makes vouchers with the requests of the official client for Python 3."""
import base64
import hashlib
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlparse


class Vingd:
    def __init__(self, username, password, endpoint, frontend):
        self.endpoint, self.frontend = endpoint, frontend
        secret = hashlib.sha1(password.encode()).hexdigest()
        self.credentials = base64.b64encode((username + ":" + secret).encode()).decode()

    def call(self, method, path, body=None):
        """Returns the status and the decoded body of the response."""
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint + "/" + path, data, method=method)
        request.add_header("Authorization", "Basic " + self.credentials)
        try:
            response = urllib.request.urlopen(request)
        except urllib.error.HTTPError as refusal:
            response = refusal
        return response.status, json.loads(response.read().decode("ascii"))

    def data(self, method, path, body=None):
        status, response = self.call(method, path, body)
        assert status == 200, (method, path, status, response)
        return response["data"]

    def refused(self, want, method, path, body=None):
        status, response = self.call(method, path, body)
        assert status == want and response["message"] and response["context"], (method, path, status, response)


def ask(*words):
    print(*words, flush=True)
    return sys.stdin.readline().strip()


def after(**duration):
    return (datetime.now(timezone.utc) + timedelta(**duration)).isoformat()


v = THE_SCREEN

assert v.data("GET", "id/users")["username"] == "test@vingd.com"
start = v.data("GET", "fort/accounts")["balance"]

description = {"name": "Čaj", "url": "http://localhost:666/tea?cup=1"}
oid = v.data("POST", "registry/objects/", {"description": description})["oids"][0]
assert v.data("GET", "registry/objects/%d" % oid)["description"] == description
order = v.data("POST", "objects/%d/orders/" % oid, {"price": 200, "order_expires": after(minutes=15), "context": "džem & čaj"})["ids"][0]
query = parse_qs(urlparse(ask("pay", "%s/orders/%d/add/" % (v.frontend, order))).query)
assert query["oid"] == [str(oid)] and query["cup"] == ["1"], query
token = "objects/%d/tokens/%s" % (oid, query["tid"][0])
purchase = v.data("GET", token)
assert purchase["context"] == "džem & čaj" and purchase["object"] == "Čaj", purchase
at = "purchases/%d" % purchase["purchaseid"]
v.refused(404, "PUT", at, {"transferid": 10**9})
assert v.data("PUT", at, {"transferid": purchase["transferid"]}) == {"ok": True}
v.refused(403, "GET", token)

assert v.data("POST", "rewards", {"huid_to": purchase["huid"], "amount": 75, "description": "Thanks"})["transfer_id"] > 0

voucher = {"amount": 100, "until": after(days=7), "message": "Welcome", "gid": None}
redeemed, revoked = (v.data("POST", "vouchers/", voucher)["vid_encoded"] for _ in range(2))
ask("redeem", "%s/vouchers/%s" % (v.frontend, redeemed))
assert list(v.data("DELETE", "vouchers/" + revoked, {"revoke": True})) == [revoked]
for action, code in (("use", redeemed), ("revoke", revoked)):
    assert [row["vid_encoded"] for row in v.data("GET", "vouchers/history/action=" + action)] == [code]

v.refused(404, "GET", "registry/objects/1000000")
v.refused(402, "POST", "vouchers/", dict(voucher, amount=10**9))
assert v.data("GET", "fort/accounts")["balance"] == start + 200 - 75 - 100
stranger = Vingd("test@vingd.com", "1234", v.endpoint, v.frontend)
stranger.refused(401, "GET", "fort/accounts")
print("done")

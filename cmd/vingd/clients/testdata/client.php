<?php
// Sells, rewards and makes vouchers with the requests of the official client for PHP.
class Vingd {
    public $endpoint, $frontend;
    private $login;

    function __construct($username, $password, $endpoint, $frontend) {
        $this->login = $username . ":" . sha1($password);
        $this->endpoint = $endpoint;
        $this->frontend = $frontend;
    }

    // Returns the status and the decoded body of the response.
    function call($method, $path, $body = null) {
        $curl = curl_init($this->endpoint . $path);
        curl_setopt_array($curl, [
            CURLOPT_RETURNTRANSFER => true, CURLOPT_SSL_VERIFYHOST => 2, CURLOPT_SSL_VERIFYPEER => true,
            CURLOPT_HTTPAUTH => CURLAUTH_BASIC, CURLOPT_USERPWD => $this->login, CURLOPT_CUSTOMREQUEST => $method,
        ]);
        if ($body !== null) curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body));
        $text = curl_exec($curl);
        if ($text === false) throw new Exception("$method $path: " . curl_error($curl));
        return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), json_decode($text, true)];
    }

    function data($method, $path, $body = null) {
        [$status, $response] = $this->call($method, $path, $body);
        must($status === 200, "$method $path: $status " . json_encode($response));
        return $response["data"];
    }

    function refused($want, $method, $path, $body = null) {
        [$status, $response] = $this->call($method, $path, $body);
        must($status === $want && $response["message"] && $response["context"], "$method $path: $status " . json_encode($response));
    }
}

function must($holds, $what) {
    if (!$holds) throw new Exception($what);
}

function ask($words) {
    echo $words, "\n";
    return trim(fgets(STDIN));
}

function after($duration) {
    return date("Ymd\THisO", strtotime($duration));
}

$v = THE_SCREEN;

must($v->data("GET", "/id/users/username=test@vingd.com")["username"] === "test@vingd.com", "profile");
$start = $v->data("GET", "/fort/accounts/")["balance"];

$description = ["name" => "Čaj", "url" => "http://localhost:666/tea?cup=1"];
$oid = $v->data("POST", "/registry/objects/", ["description" => $description])["oids"][0];
must($v->data("GET", "/registry/objects/$oid/")["description"] == $description, "object");
$order = $v->data("POST", "/objects/$oid/orders", ["price" => 200, "order_expires" => after("+15 minutes"), "context" => "džem & čaj"])["ids"][0];
parse_str(parse_url(ask("pay {$v->frontend}/orders/$order/add/"), PHP_URL_QUERY), $query);
$pair = json_decode($query["token"], true);
must($pair["oid"] === (string)$oid && $query["cup"] === "1", "return address");
$token = "/objects/{$pair["oid"]}/tokens/{$pair["tid"]}";
$purchase = $v->data("GET", $token);
must($purchase["context"] === "džem & čaj" && $purchase["object"] === "Čaj", "purchase");
$at = "/purchases/{$purchase["purchaseid"]}";
$v->refused(404, "PUT", $at, ["transferid" => 1000000000]);
must($v->data("PUT", $at, ["transferid" => $purchase["transferid"]]) === ["ok" => true], "commit");
$v->refused(403, "GET", $token);

must($v->data("POST", "/rewards/", ["huid_to" => $purchase["huid"], "amount" => 75, "description" => "Thanks"])["transfer_id"] > 0, "reward");

$voucher = ["amount" => 100, "until" => after("+1 month"), "message" => "Welcome", "description" => null, "gid" => null];
$redeemed = $v->data("POST", "/vouchers/", $voucher)["vid_encoded"];
$revoked = $v->data("POST", "/vouchers/", $voucher)["vid_encoded"];
ask("redeem {$v->frontend}/vouchers/$redeemed");
must(array_keys($v->data("DELETE", "/vouchers/$revoked", ["revoke" => true])) === [$revoked], "revocation");
$actions = array_column($v->data("GET", "/vouchers/history/"), "action");
must($actions === ["add", "add", "use", "revoke"], json_encode($actions));

$v->refused(404, "GET", "/registry/objects/1000000/");
$v->refused(402, "POST", "/vouchers/", ["amount" => 1000000000] + $voucher);
must($v->data("GET", "/fort/accounts/")["balance"] === $start + 200 - 75 - 100, "balance");
$stranger = new Vingd("test@vingd.com", "1234", $v->endpoint, $v->frontend);
$stranger->refused(401, "GET", "/fort/accounts/");
echo "done\n";

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Web.Script.Serialization;

using Json = System.Collections.Generic.Dictionary<string, object>;

// Sells, rewards and makes vouchers with the requests of the official client for C#.
static class Client {
	static void Main() {
		VingdClient v = THE_SCREEN;

		Must((string)v.Data("GET", "/id/users", null)["username"] == "test@vingd.com", "profile");
		long start = Number(v.Data("GET", "/fort/accounts", null)["balance"]);

		var description = new Json { { "name", "Čaj" }, { "url", "http://localhost:666/tea?cup=1" } };
		long oid = First(v.Data("POST", "/registry/objects/", new Json { { "class", 0 }, { "description", description } }), "oids");
		var known = (Json)v.Data("GET", "/registry/objects/" + oid, null)["description"];
		Must((string)known["name"] == "Čaj" && (string)known["url"] == (string)description["url"], "object");
		var terms = new Json { { "price", 200 }, { "context", "džem & čaj" }, { "order_expires", After(TimeSpan.FromMinutes(15)) } };
		long order = First(v.Data("POST", "/objects/" + oid + "/orders", terms), "ids");
		var query = Query(Ask("pay " + v.Frontend + "/orders/" + order + "/add/"));
		var pair = (Json)new JavaScriptSerializer().DeserializeObject(query["token"]);
		Must((string)pair["oid"] == oid.ToString() && query["cup"] == "1", "return address");
		string token = "/objects/" + pair["oid"] + "/tokens/" + pair["tid"];
		var purchase = v.Data("GET", token, null);
		Must((string)purchase["context"] == "džem & čaj" && (string)purchase["object"] == "Čaj", "purchase");
		string at = "/purchases/" + purchase["purchaseid"];
		v.Refused(404, "PUT", at, new Json { { "transferid", 1000000000 } });
		Must((bool)v.Data("PUT", at, new Json { { "transferid", purchase["transferid"] } })["ok"], "commit");
		v.Refused(403, "GET", token, null);

		var reward = new Json { { "huid_to", purchase["huid"] }, { "amount", 75 }, { "description", "Thanks" } };
		Must(Number(v.Data("POST", "/rewards/", reward)["transfer_id"]) > 0, "reward");

		var voucher = new Json { { "amount", 100 }, { "until", After(TimeSpan.FromDays(31)) }, { "message", "Welcome" } };
		string redeemed = (string)v.Data("POST", "/vouchers/", voucher)["vid_encoded"];
		string revoked = (string)v.Data("POST", "/vouchers/", voucher)["vid_encoded"];
		Ask("redeem " + v.Frontend + "/vouchers/" + redeemed);
		var refunds = v.Data("DELETE", "/vouchers/" + revoked, new Json { { "revoke", true } });
		Must(refunds.Count == 1 && refunds.ContainsKey(revoked), "revocation");
		var rows = (object[])v.Answer(200, "GET", "/vouchers/history/", null)["data"];
		string actions = string.Join(" ", rows.Select(row => (string)((Json)row)["action"]));
		Must(actions == "add add use revoke", "history " + actions);

		v.Refused(404, "GET", "/registry/objects/1000000", null);
		voucher["amount"] = 1000000000;
		v.Refused(402, "POST", "/vouchers/", voucher);
		Must(Number(v.Data("GET", "/fort/accounts", null)["balance"]) == start + 200 - 75 - 100, "balance");
		new VingdClient("test@vingd.com", VingdClient.SHA1("1234"), v.Endpoint, v.Frontend).Refused(401, "GET", "/fort/accounts", null);
		Console.WriteLine("done");
	}

	static string Ask(string words) {
		Console.WriteLine(words);
		Console.Out.Flush();
		return Console.ReadLine().Trim();
	}

	static Dictionary<string, string> Query(string address) {
		return new Uri(address).Query.TrimStart('?').Split('&').Select(pair => pair.Split(new[] { '=' }, 2))
			.ToDictionary(sides => sides[0], sides => Uri.UnescapeDataString(sides[1]));
	}

	static string After(TimeSpan duration) {
		return DateTimeOffset.Now.Add(duration).ToString("o");
	}

	static long First(Json data, string list) {
		Must(((object[])data["errors"]).Length == 0, "errors");
		return Number(((object[])data[list])[0]);
	}

	static long Number(object value) {
		return Convert.ToInt64(value);
	}

	public static void Must(bool holds, string what) {
		if (!holds) throw new Exception(what);
	}
}

class VingdClient {
	public readonly string Endpoint, Frontend;
	readonly string credentials;

	public VingdClient(string username, string secret, string endpoint, string frontend) {
		Endpoint = endpoint;
		Frontend = frontend;
		credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes(username + ":" + secret));
	}

	public static string SHA1(string text) {
		var hash = new SHA1CryptoServiceProvider().ComputeHash(Encoding.UTF8.GetBytes(text));
		return string.Concat(hash.Select(b => b.ToString("x2")));
	}

	// Returns the decoded body of a response with the status.
	public Json Answer(int want, string method, string path, Json body) {
		var request = (HttpWebRequest)WebRequest.Create(Endpoint + path);
		request.Method = method;
		request.Headers.Add("Authorization", "Basic " + credentials);
		if (body != null) {
			var content = Encoding.UTF8.GetBytes(new JavaScriptSerializer().Serialize(body));
			request.ContentType = "application/x-www-form-urlencoded";
			request.ContentLength = content.Length;
			using (var stream = request.GetRequestStream()) stream.Write(content, 0, content.Length);
		}
		HttpWebResponse response;
		try {
			response = (HttpWebResponse)request.GetResponse();
		} catch (WebException e) {
			response = e.Response as HttpWebResponse;
			if (response == null) throw;
		}
		using (response) {
			string text = new StreamReader(response.GetResponseStream(), Encoding.UTF8).ReadToEnd();
			Client.Must((int)response.StatusCode == want, method + " " + path + ": " + (int)response.StatusCode + " " + text);
			return (Json)new JavaScriptSerializer().DeserializeObject(text);
		}
	}

	public Json Data(string method, string path, Json body) {
		return (Json)Answer(200, method, path, body)["data"];
	}

	public void Refused(int want, string method, string path, Json body) {
		var refusal = Answer(want, method, path, body);
		Client.Must(refusal["message"] != null && refusal["context"] != null, method + " " + path);
	}
}

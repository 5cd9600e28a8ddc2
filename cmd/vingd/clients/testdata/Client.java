import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.SimpleDateFormat;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.Set;
import java.util.TimeZone;
import javax.net.ssl.HttpsURLConnection;

/** Sells, rewards and makes vouchers with the requests of the official client for Java. */
class Client {
	private static final Scanner input = new Scanner(System.in, "UTF-8");

	public static void main(String[] args) throws Exception {
		VingdClient v = THE_SCREEN;

		must("test@vingd.com".equals(v.data("GET", "/id/users", null).get("username")), "profile");
		double start = (Double) v.data("GET", "/fort/accounts", null).get("balance");

		Map<String, Object> description = Map.of("name", "Čaj", "url", "http://localhost:666/tea?cup=1");
		long oid = first(v.data("POST", "/registry/objects/", Map.of("description", description)), "oids");
		must(description.equals(v.data("GET", "/registry/objects/" + oid, null).get("description")), "object");
		Map<String, Object> terms = Map.of("price", 200, "order_expires", after(15 * 60), "context", "džem & čaj");
		long order = first(v.data("POST", "/objects/" + oid + "/orders", terms), "ids");
		Map<String, String> query = query(ask("pay " + v.frontend + "/orders/" + order + "/add/"));
		Map<?, ?> pair = new Gson().fromJson(query.get("token"), HashMap.class);
		must(pair.get("oid").equals(Long.toString(oid)) && query.get("cup").equals("1"), "return address " + query);
		String token = "/objects/" + pair.get("oid") + "/tokens/" + pair.get("tid");
		Map<?, ?> purchase = v.data("GET", token, null);
		must("džem & čaj".equals(purchase.get("context")) && "Čaj".equals(purchase.get("object")), "purchase " + purchase);
		String at = "/purchases/" + number(purchase.get("purchaseid"));
		v.refused(404, "PUT", at, Map.of("transferid", 1000000000));
		must(Boolean.TRUE.equals(v.data("PUT", at, Map.of("transferid", number(purchase.get("transferid")))).get("ok")), "commit");
		v.refused(403, "GET", token, null);

		Map<String, Object> reward = Map.of("huid_to", purchase.get("huid"), "amount", 75, "description", "Thanks");
		must(number(v.data("POST", "/rewards/", reward).get("transfer_id")) > 0, "reward");

		Map<String, Object> voucher = new HashMap<>(Map.of("amount", 100, "until", after(7 * 24 * 60 * 60), "message", "Welcome"));
		voucher.put("gid", null);
		String redeemed = (String) v.data("POST", "/vouchers/", voucher).get("vid_encoded");
		String revoked = (String) v.data("POST", "/vouchers/", voucher).get("vid_encoded");
		ask("redeem " + v.frontend + "/vouchers/" + redeemed);
		must(v.data("DELETE", "/vouchers/" + revoked, Map.of("revoke", true)).keySet().equals(Set.of(revoked)), "revocation");
		StringBuilder actions = new StringBuilder();
		for (Object row : (List<?>) v.answer(200, "GET", "/vouchers/history/", null).get("data")) {
			actions.append(((Map<?, ?>) row).get("action")).append(' ');
		}
		must(actions.toString().equals("add add use revoke "), "history " + actions);

		v.refused(404, "GET", "/registry/objects/1000000", null);
		voucher.put("amount", 1000000000);
		v.refused(402, "POST", "/vouchers/", voucher);
		must((Double) v.data("GET", "/fort/accounts", null).get("balance") == start + 200 - 75 - 100, "balance");
		new VingdClient("test@vingd.com", VingdClient.SHA1("1234"), v.endpoint, v.frontend).refused(401, "GET", "/fort/accounts", null);
		System.out.println("done");
	}

	private static String ask(String words) {
		System.out.println(words);
		System.out.flush();
		return input.nextLine().trim();
	}

	private static Map<String, String> query(String address) throws Exception {
		Map<String, String> query = new HashMap<>();
		for (String pair : new URI(address).getRawQuery().split("&")) {
			String[] sides = pair.split("=", 2);
			query.put(sides[0], URLDecoder.decode(sides[1], "UTF-8"));
		}
		return query;
	}

	private static String after(long seconds) {
		SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm'Z'");
		format.setTimeZone(TimeZone.getTimeZone("UTC"));
		return format.format(new Date(System.currentTimeMillis() + seconds * 1000));
	}

	private static long first(Map<?, ?> data, String list) {
		must(((List<?>) data.get("errors")).isEmpty(), "errors " + data);
		return number(((List<?>) data.get(list)).get(0));
	}

	private static long number(Object value) {
		return ((Double) value).longValue();
	}

	static void must(boolean holds, String what) {
		if (!holds) {
			throw new IllegalStateException(what);
		}
	}
}

class VingdClient {
	final String endpoint;
	final String frontend;
	private final String credentials;

	VingdClient(String username, String secret, String endpoint, String frontend) {
		this.endpoint = endpoint;
		this.frontend = frontend;
		credentials = Base64.getEncoder().encodeToString((username + ":" + secret).getBytes(StandardCharsets.US_ASCII));
	}

	static String SHA1(String text) throws Exception {
		StringBuilder hex = new StringBuilder();
		for (byte b : MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8))) {
			hex.append(String.format("%02x", b));
		}
		return hex.toString();
	}

	/** Returns the decoded body of a response with the status. */
	Map<?, ?> answer(int want, String method, String path, Object body) throws Exception {
		HttpsURLConnection connection = (HttpsURLConnection) new URL(endpoint + path).openConnection();
		connection.setRequestMethod(method);
		connection.setRequestProperty("Authorization", "Basic " + credentials);
		if (body != null) {
			connection.setDoOutput(true);
			try (OutputStream out = connection.getOutputStream()) {
				out.write(new GsonBuilder().serializeNulls().create().toJson(body).getBytes(StandardCharsets.UTF_8));
			}
		}
		int status = connection.getResponseCode();
		try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
			String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
			Client.must(status == want, method + " " + path + ": " + status + " " + text);
			return new Gson().fromJson(text, HashMap.class);
		}
	}

	@SuppressWarnings("unchecked")
	Map<String, Object> data(String method, String path, Object body) throws Exception {
		return (Map<String, Object>) answer(200, method, path, body).get("data");
	}

	void refused(int want, String method, String path, Object body) throws Exception {
		Map<?, ?> refusal = answer(want, method, path, body);
		Client.must(refusal.get("message") != null && refusal.get("context") != null, method + " " + path + ": " + refusal);
	}
}

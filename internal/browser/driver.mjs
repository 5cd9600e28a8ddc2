// Drives chromium for tests. Each line of its input is a command in JSON, {"do": …, "as": …}, and each line of its output
// the answer: {"ok": …}, or {"error": …} when what the command waits for does not come. Each visitor, as whom a command
// is done, has a browser of her own.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const patience = 20_000; // milliseconds, for whatever is waited for
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--ignore-certificate-errors", // the sandbox makes its own
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", // there is no network but this machine's own
  ],
});

const visitors = new Map();
let me; // the visitor as whom a command is done
const page = () => me.windows.at(-1);

function watch(opened, { complaints }) {
  opened.setDefaultTimeout(patience);
  opened.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  opened.on("console", (message) => {
    // That a page's status is 4xx is for the tests to judge.
    if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  for (const end of ["requestfinished", "requestfailed"]) {
    opened.on(end, (request) => {
      const { protocol, hostname } = new URL(request.url());
      // What the page's own policy forbids has not been sent, and the console says so.
      const forbidden = request.failure()?.errorText === "csp";
      if (/^https?:$/.test(protocol) && !["127.0.0.1", "localhost"].includes(hostname) && !forbidden) {
        complaints.push(`request: ${request.url()}`);
      }
    });
  }
}

// Waits until a condition holds. What a page answers while it is being replaced is an error, and not the last word.
async function until(condition, otherwise) {
  for (const end = Date.now() + patience; !(await condition().catch(() => false)); ) {
    if (Date.now() > end) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// All that the page says, as a person reads it.
const words = async () => (await page().locator("body").innerText()).replace(/\s+/g, " ");

// A link or a button, by what it says. A link in a noscript has no role for the driver.
const control = (name) =>
  page().getByRole("link", { name, exact: true })
    .or(page().getByRole("button", { name, exact: true }))
    .or(page().locator("noscript a", { hasText: name }))
    .first();

const commands = {
  // Opens the first window of a browser that knows nothing yet.
  async start({ as, javaScript, width, height, noPopups }) {
    const context = await browser.newContext({ javaScriptEnabled: javaScript, viewport: { width, height } });
    if (noPopups) await context.addInitScript(() => { window.open = () => null; });
    me = {
      context,
      windows: [], // the one in use last, after the ones that opened it
      complaints: [], // what a developer's console would show
    };
    visitors.set(as, me);
    context.on("page", (opened) => watch(opened, visitors.get(as)));
    me.windows.push(await context.newPage());
  },
  async leave({ as }) {
    visitors.delete(as);
    await me.context.close();
  },
  async goto({ address }) {
    const response = await page().goto(address);
    return response.status();
  },
  // Sends the form again that the page came from, if there is one. While the browser still puts the page in the place of
  // the one before, it does not reload it.
  async reload() {
    let response;
    await until(async () => {
      response = await page().reload();
      return true;
    }, "the page cannot be reloaded");
    return response.status();
  },
  // Without waiting for what a page that is kept as it was does not load again.
  back: () => page().goBack({ waitUntil: "commit" }).then(() => null),
  forward: () => page().goForward({ waitUntil: "commit" }).then(() => null),
  click: ({ name }) => control(name).click(),
  choose: ({ name }) => page().getByLabel(name).check(),
  fill: ({ name, value }) => page().getByLabel(name, { exact: true }).fill(value),
  // Clicks what opens a window, which is then the one in use.
  async popup({ name }) {
    const [opened] = await Promise.all([page().waitForEvent("popup"), control(name).click()]);
    me.windows.push(opened);
  },
  // Waits until the window in use has closed itself, and goes back to the one that opened it.
  async closed() {
    if (!page().isClosed()) await page().waitForEvent("close", { timeout: patience });
    me.windows.pop();
  },
  says: ({ text }) => until(async () => (await words()).includes(text), `the page does not say ${text}`),
  // As says, of a page that draws the rest of itself while one scrolls down.
  async scrolls({ text }) {
    await until(async () => {
      if ((await words()).includes(text)) return true;
      await page().mouse.wheel(0, 1_000);
      return false;
    }, `the page does not say ${text}, down to its end`);
  },
  address: () => page().url(),
  text: words,
  // How far the page is too wide for its window, in pixels.
  excess: () => page().evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  // What was complained about since the last time. A complaint of a window that closes may come a little later.
  complaints: () => me.complaints.splice(0),
  async complains({ text }) {
    await until(async () => me.complaints.some((c) => c.includes(text)), `nothing complains of ${text}`);
    const others = me.complaints.filter((c) => !c.includes(text));
    me.complaints.splice(0, Infinity, ...others);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...args } = JSON.parse(line);
  let answer;
  try {
    me = visitors.get(args.as);
    answer = { ok: (await commands[name](args)) ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();

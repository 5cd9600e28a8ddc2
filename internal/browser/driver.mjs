// Drives chromium for tests. Each line of the input is a command in JSON, {"do": …, "as": …}. Each line of the output is the
// result, {"ok": …}, or {"error": …} if the command fails or times out. The visitor of "as" has a separate browser.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const patience = 20_000; // milliseconds, for each wait
const browser = await chromium.launch({
  executablePath: process.argv[2],
  ignoreDefaultArgs: ["--disable-back-forward-cache"], // "back" shows a page as it was left, as it does for people
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--ignore-certificate-errors", // the sandbox signs its own
    // No network but loopback, which has one more name.
    "--host-resolver-rules=MAP rebound.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  ],
});

const visitors = new Map();
let me; // the visitor of the command
const page = () => me.windows.at(-1);

function watch(opened, { complaints }) {
  opened.setDefaultTimeout(patience);
  opened.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  opened.on("console", (message) => {
    // The tests check for a status of 4xx themselves.
    if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  for (const end of ["requestfinished", "requestfailed"]) {
    opened.on(end, (request) => {
      const { protocol, hostname } = new URL(request.url());
      // The browser does not send requests that the page's policy forbids. The console reports them.
      const forbidden = request.failure()?.errorText === "csp";
      if (/^https?:$/.test(protocol) && !["127.0.0.1", "localhost", "rebound.test"].includes(hostname) && !forbidden) {
        complaints.push(`request: ${request.url()}`);
      }
    });
  }
}

// Waits until a condition holds. While a page is being replaced, the condition may fail with an error.
async function until(condition, otherwise) {
  for (const end = Date.now() + patience; !(await condition().catch(() => false)); ) {
    if (Date.now() > end) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// The text of the page, as a person reads it.
const words = async () => (await page().locator("body").innerText()).replace(/\s+/g, " ");

// A link, a button or a summary by its text. A link in a noscript has no role for the driver.
const control = (name) =>
  page().getByRole("link", { name, exact: true })
    .or(page().getByRole("button", { name, exact: true }))
    .or(page().locator("noscript a", { hasText: name }))
    .or(page().locator("summary", { hasText: name }))
    .first();

const commands = {
  // Opens the first window of a fresh browser.
  async start({ as, javaScript, width, height, dark, noPopups }) {
    const context = await browser.newContext({
      javaScriptEnabled: javaScript, viewport: { width, height }, colorScheme: dark ? "dark" : "light",
    });
    if (noPopups) await context.addInitScript(() => { window.open = () => null; });
    me = {
      context,
      windows: [], // the current one last, after its openers
      complaints: [], // from the console, and of scripts and requests
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
  // Sends the page's form again, if the page came from one. The browser refuses to reload while it replaces the page.
  async reload() {
    let response;
    await until(async () => {
      response = await page().reload();
      return true;
    }, "the page cannot be reloaded");
    return response.status();
  },
  // Does not wait for loading: a page from the cache does not load again.
  back: () => page().goBack({ waitUntil: "commit" }).then(() => null),
  forward: () => page().goForward({ waitUntil: "commit" }).then(() => null),
  click: ({ name }) => control(name).click(),
  choose: ({ name }) => page().getByLabel(name).check(),
  fill: ({ name, value }) => page().getByLabel(name, { exact: true }).fill(value),
  // Clicks a link or a button that opens a window, which becomes the current one.
  async popup({ name }) {
    const [opened] = await Promise.all([page().waitForEvent("popup"), control(name).click()]);
    me.windows.push(opened);
  },
  // Waits until the current window has closed itself, and returns to its opener.
  async closed() {
    if (!page().isClosed()) await page().waitForEvent("close", { timeout: patience });
    me.windows.pop();
  },
  says: ({ text }) => until(async () => (await words()).includes(text), `the page does not contain ${text}`),
  // Like says, for a page that draws the rest of itself as it scrolls.
  async scrolls({ text }) {
    await until(async () => {
      if ((await words()).includes(text)) return true;
      await page().mouse.wheel(0, 1_000);
      return false;
    }, `the page does not contain ${text}, down to its end`);
  },
  address: () => page().url(),
  leaves: ({ path }) => page().waitForURL((url) => url.pathname !== path, { waitUntil: "commit" }).then(() => null),
  text: words,
  // Saves a picture of the whole page.
  picture: ({ path }) => page().screenshot({ path, fullPage: true }).then(() => null),
  // The pixels by which the page is wider than its window, or a table or a text wider than its frame.
  excess: () => page().evaluate(() =>
    Math.max(...[document.documentElement, ...document.querySelectorAll(".scroll, pre[role=group]")].map((e) => e.scrollWidth - e.clientWidth))),
  // Reports whether all of a link or a button is within the window, without scrolling.
  async inSight({ name }) {
    const box = await control(name).boundingBox();
    const { width, height } = page().viewportSize();
    return box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
  },
  press: ({ key }) => page().keyboard.press(key).then(() => null),
  // Presses Tab through the page. Returns the controls that are covered, or out of the window, while they have the focus.
  async covered() {
    const found = [];
    for (let first = true; ; first = false) {
      await page().keyboard.press("Tab");
      const [name, covered, again] = await page().evaluate((first) => {
        const e = document.activeElement;
        if (first) window.firstFocus = e;
        const { x, y, width, height } = e.getClientRects()[0];
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        return [e.outerHTML.slice(0, 120), height < innerHeight / 2 && !e.contains(top), e === document.body || !first && e === window.firstFocus];
      }, first);
      if (again) return found;
      if (covered) found.push(name);
    }
  },
  // Resizes the window.
  resize: ({ width, height }) => page().setViewportSize({ width, height }),
  // The findings of axe on the page, without the parts that match a selector.
  async axe({ without }) {
    await page().evaluate(await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8"));
    return page().evaluate(async (without) => {
      const { violations } = await axe.run({ exclude: without ? [without] : [] });
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`));
    }, without);
  },
  // The complaints since the last call. A window that closes may complain a little later.
  complaints: () => me.complaints.splice(0),
  async complains({ text }) {
    await until(async () => me.complaints.some((c) => c.includes(text)), `no complaint has ${text}`);
    const others = me.complaints.filter((c) => !c.includes(text));
    me.complaints.splice(0, Infinity, ...others);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...args } = JSON.parse(line);
  let result;
  try {
    me = visitors.get(args.as);
    result = { ok: (await commands[name](args)) ?? null };
  } catch (error) {
    result = { error: error.message };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
}
await browser.close();

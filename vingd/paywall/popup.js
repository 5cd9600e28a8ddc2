// Lets a buyer pay in a popup that a link with the attribute data-vingd opens. See ServeScript of package paywall.


const tell = (link, detail) => link.dispatchEvent(new CustomEvent("vingd", { bubbles: true, detail }));

// Resolves when a popup was closed, and the message that it posted before has arrived.
const closed = (popup) =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!popup.closed) return;
      clearInterval(timer);
      setTimeout(resolve, 300);
    }, 200);
  });

// Resolves to the token that Vingd's page in the popup posts. Messages of other pages are ignored.
function tokenFrom(popup, origin, signal) {
  return new Promise((resolve) => {
    addEventListener(
      "message",
      ({ origin: from, source, data }) => {
        if (from === origin && source === popup && typeof data?.oid === "string" && typeof data?.tid === "string") {
          resolve({ oid: data.oid, tid: data.tid });
        }
      },
      { signal },
    );
  });
}

async function buy(link, popup) {
  const listening = new AbortController();
  try {
    tell(link, "opening");
    const answer = await fetch(link.href, { headers: { Accept: "application/json" } });
    if (answer.status !== 402) throw new Error("the buyer has it already, or it cannot be sold now");
    const payment = await answer.json();
    popup.location.replace(payment.popup);
    tell(link, "paying");
    const paid = await Promise.race([tokenFrom(popup, new URL(payment.popup).origin, listening.signal), closed(popup)]);
    if (!paid) return tell(link, "closed");
    tell(link, "paid");
    const page = new URL(link.href);
    page.searchParams.delete("vingd");
    for (const [name, value] of Object.entries(paid)) page.searchParams.set(name, value);
    location.assign(page);
  } catch {
    popup.close();
    location.assign(link.href); // the page says why
  } finally {
    listening.abort();
  }
}

for (const link of document.querySelectorAll("a[data-vingd]")) {
  link.hidden = false;
  link.addEventListener("click", (click) => {
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    const popup = open("", "vingd", "popup,width=460,height=720"); // now: browsers block it later
    if (!popup) return; // the link leads to Vingd
    click.preventDefault();
    buy(link, popup);
  });
}

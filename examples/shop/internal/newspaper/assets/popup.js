// Buys and redeems in a window of its own. Where windows are blocked, or without JavaScript, the links beside the buttons
// do the same in this one.

const opened = (address) => window.open(address, "vingd", "popup,width=460,height=720");

function say(text) {
  document.querySelector("[data-status]").textContent = text;
}

// Resolves when a window was closed, and what it posted before has arrived.
const closed = (popup) =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!popup.closed) return;
      clearInterval(timer);
      setTimeout(resolve, 300);
    }, 200);
  });

// Resolves to the token that Vingd's page in the popup hands over, and to nothing else that anybody posts.
const handed = (popup, origin) =>
  new Promise((resolve) => {
    addEventListener("message", ({ origin: from, source, data }) => {
      if (from === origin && source === popup && typeof data?.oid === "string" && typeof data?.tid === "string") {
        resolve({ oid: data.oid, tid: data.tid });
      }
    });
  });

async function buy({ buy: article, here }) {
  const popup = opened(""); // at once: later it would be no click that opens it
  if (!popup) return location.assign(here);
  say("Opening Vingd …");
  try {
    const answer = await fetch(here, { headers: { Accept: "application/json" } });
    if (answer.status !== 402) throw new Error("it is hers already, or cannot be sold now: the page says which");
    const payment = await answer.json();
    popup.location.replace(payment.popup);
    say("Please pay in the other window.");
    const paid = await Promise.race([handed(popup, new URL(payment.popup).origin), closed(popup)]);
    if (paid) return location.assign(`${article}?${new URLSearchParams(paid)}`);
    say("The window is closed, and nothing was bought.");
  } catch {
    popup.close();
    location.assign(here);
  }
}

async function redeem({ redeem: address, here }) {
  const popup = opened(address);
  if (!popup) return location.assign(here);
  say("Please redeem it in the other window.");
  await closed(popup);
  location.reload(); // the page says what became of the voucher
}

for (const [name, act] of Object.entries({ buy, redeem })) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.hidden = false;
    button.addEventListener("click", () => act(button.dataset));
  }
}

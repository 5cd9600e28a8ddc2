// Says what happens in the popups. The script of the paywall opens those to buy in, and this one those to redeem in.
// Without JavaScript, or if the browser blocks popups, the links do the same in this window.

const say = (text) => {
  document.querySelector("[data-status]").textContent = text;
};

const texts = {
  opening: "Opening Vingd …",
  paying: "Please pay in the other window.",
  paid: "Thank you. Your article is coming.",
  closed: "The window is closed, and nothing was bought.",
};

addEventListener("vingd", (event) => say(texts[event.detail]));

function redeem(button) {
  const { redeem: address, here } = button.dataset;
  const popup = open(address, "vingd", "popup,width=460,height=720");
  if (!popup) return location.assign(here);
  say("Please redeem it in the other window.");
  const timer = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(timer);
    location.reload(); // the page says whether the voucher is redeemed
  }, 200);
}

for (const button of document.querySelectorAll("[data-redeem]")) {
  button.hidden = false;
  button.addEventListener("click", () => redeem(button));
}

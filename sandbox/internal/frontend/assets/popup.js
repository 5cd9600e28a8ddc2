// Hands the window that opened this popup the token, if there is one for it, and closes the popup. Only a page of the object's
// origin gets it. If a page of another origin opened the popup, it stays open and says so. A popup that cannot close leaves its
// link.
const handover = document.getElementById("handover");
const astray = document.getElementById("astray"); // if the browser has told where the opener is
const originOf = (address) => new URL(address).origin;
if (window.opener) {
  if (handover) window.opener.postMessage(JSON.parse(handover.dataset.token), handover.dataset.origin);
  if (astray && originOf(handover.dataset.opener) !== originOf(handover.dataset.origin)) {
    document.getElementById("told").hidden = true;
    astray.hidden = false;
  } else {
    window.close();
  }
}

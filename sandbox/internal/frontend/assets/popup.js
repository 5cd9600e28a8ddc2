// Hands the window that opened this popup the token, if there is one for it, and closes the popup.
// Only a page of the shop's own origin gets it. A popup that cannot close leaves its link.
const handover = document.getElementById("handover");
if (handover && window.opener) {
  window.opener.postMessage(JSON.parse(handover.dataset.token), handover.dataset.origin);
}
if (window.opener) {
  window.close();
}

import { init } from "/assets/redoc.standalone.js";

// Shows the specification in the element that names it. Nothing is reported to anybody.
const reference = document.getElementById("reference");
init(reference.dataset.spec, { disableTelemetry: true, router: "hash" }, reference);

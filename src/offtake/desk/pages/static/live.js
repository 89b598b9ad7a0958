// What is on the page is kept fresh without losing what somebody is typing.
"use strict";
const main = document.getElementById("main");
const busy = () => main.querySelector("details[open]") || main.querySelector("form.stack") ||
  (document.activeElement && /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName));
async function freshen() {
  if (busy()) return;
  const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  main.innerHTML = page.getElementById("main").innerHTML;
  document.body.dataset.tide = page.body.dataset.tide;
}
if (document.querySelector("nav") && window.EventSource) {
  const source = new EventSource("/events?after=" + document.body.dataset.tide);
  source.onmessage = freshen;
  addEventListener("pagehide", () => source.close());
}
const slider = document.querySelector("form.slider input[type=range]");
if (slider) {
  const date = document.getElementById("at");
  const first = Date.parse(slider.dataset.first + "T00:00:00Z");
  let waiting = 0;
  slider.addEventListener("input", () => {
    date.value = new Date(first + slider.value * 86400000).toISOString().slice(0, 10);
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch("?at=" + date.value);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("rights").innerHTML = page.getElementById("rights").innerHTML;
    }, 120);
  });
}

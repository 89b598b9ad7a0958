// What is on the page is kept fresh without losing what somebody is typing.
"use strict";
const main = document.getElementById("main");
const live = document.getElementById("live");
// Somebody is at work where a field differs from what was sent, or has the focus.
const differs = (field) => field.type === "checkbox" || field.type === "radio"
  ? field.checked !== field.defaultChecked
  : field.tagName === "SELECT"
    ? [...field.options].some((one) => one.selected !== one.defaultSelected) &&
      ![...field.options].every((one) => !one.defaultSelected)
    : field.type !== "hidden" && field.value !== field.defaultValue;
const busy = () => [...main.querySelectorAll("input,textarea,select")].some(
  (field) => field === document.activeElement || differs(field));
const told = main.querySelector(".told,.wrong") !== null;
function say(text, again) {
  live.textContent = text;
  if (!again) return;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = again;
  live.append(" ", link);
}
// Where the focus was, so that whoever goes by the keyboard does not lose their place.
function place() {
  const at = document.activeElement;
  if (!main.contains(at) || at === main) return null;
  const alike = [...main.querySelectorAll("a,button,summary,[tabindex]")];
  return { number: alike.indexOf(at), text: at.textContent };
}
function back(to) {
  if (!to) return;
  const alike = [...main.querySelectorAll("a,button,summary,[tabindex]")];
  const at = alike[to.number];
  (at && at.textContent === to.text ? at : main).focus({ preventScroll: true });
}
async function freshen() {
  // What is shown once stays, and so does what somebody is typing.
  if (told || busy()) return say(live.dataset.changed, told ? "" : live.dataset.again);
  const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
  const text = await answer.text();
  if (!answer.ok || busy()) return;  // Asked last: whoever began to type meanwhile loses nothing.
  const page = new DOMParser().parseFromString(text, "text/html");
  const open = [...main.querySelectorAll("details")].map((one) => one.open);
  const at = place();
  main.innerHTML = page.getElementById("main").innerHTML;
  main.querySelectorAll("details").forEach((one, n) => { one.open = one.open || open[n]; });
  back(at);
  document.body.dataset.tide = page.body.dataset.tide;
  say(live.dataset.fresh);
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
      const asked = date.value;
      const answer = await fetch("?at=" + asked);
      if (!answer.ok || asked !== date.value) return;  // Moved on meanwhile.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("rights").innerHTML = page.getElementById("rights").innerHTML;
    }, 120);
  });
}

// What happens in the engine appears on an open page; what somebody is typing is never touched.
const LONGEST_PAUSE = 60_000;
const code = document.querySelector("[data-directive]")?.dataset.directive;
const address = code ? "/directives/" + code.split("/").map(encodeURIComponent).join("/") : location.href;
const aboutAll = document.querySelector("[data-live-all]") !== null;
const aboutInbox = document.querySelector("[data-live-inbox]") !== null;
const notice = document.getElementById("changed");
let source = null;
let pause = 1_000;
let again = 0; // the timer of the next try to connect
let due = 0; // the timer of the next refresh
let missed = false; // something may have happened while nobody listened

function isTouched(field) {
  if (field.type === "hidden") return false;
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field instanceof HTMLSelectElement) {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  }
  return field.value !== field.defaultValue;
}

function isInUse(part) {
  // What stands in a form that was refused was typed by somebody, though the server wrote it.
  if (part.hasAttribute("data-typed")) return true;
  if (document.activeElement !== document.body && part.contains(document.activeElement)) return true;
  return [...part.querySelectorAll("input, textarea, select")].some(isTouched);
}

function swap(part, fresh) {
  const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
  part.replaceWith(document.adoptNode(fresh));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
}

async function refresh() {
  due = 0;
  let answer;
  try {
    answer = await fetch(address, { headers: { "Dondoc-Live": "1" } });
  } catch {
    missed = true;
    return;
  }
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next === null || next.outerHTML === part.outerHTML) continue;
    if (isInUse(part)) notice.hidden = false;
    else swap(part, next);
  }
}

function refreshSoon() {
  if (due === 0) due = setTimeout(refresh, aboutAll ? 4_000 : 200);
}

function showUnread(number) {
  const shown = document.getElementById("unread");
  const news = Number(shown.dataset.number) !== number;
  shown.dataset.number = String(number);
  shown.textContent = String(number);
  shown.hidden = number === 0;
  if (news && aboutInbox) refreshSoon();
}

function connect() {
  again = 0;
  source = new EventSource("/live");
  source.addEventListener("open", () => {
    pause = 1_000;
    if (missed) refreshSoon();
    missed = false;
  });
  source.addEventListener("changed", (event) => {
    const codes = JSON.parse(event.data);
    if (aboutAll || codes.includes(code) || (code && codes.includes("*"))) refreshSoon();
  });
  source.addEventListener("inbox", (event) => showUnread(JSON.parse(event.data)));
  source.addEventListener("engine", (event) => {
    document.getElementById("engine").hidden = JSON.parse(event.data);
  });
  source.addEventListener("error", () => {
    disconnect();
    again = setTimeout(connect, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
}

function disconnect() {
  source?.close();
  source = null;
  clearTimeout(again);
  missed = true;
}

// A browser opens few connections to one place: a page that nobody looks at gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) disconnect();
  else if (source === null) connect();
});
if (notice !== null) {
  notice.querySelector("a").href = address;
  if (!document.hidden) connect();
}

// Helps whoever registers: adds a row in place, and shows beside each row what the engine understands of it.

const form = document.getElementById("register");
const rows = document.getElementById("rows");
const blank = document.getElementById("blank");
const PATIENCE = 400; // milliseconds after the last key
const waiting = new Map();
let asked = 0;

async function preview(row) {
  const number = ++asked;
  row.dataset.asked = number;
  const data = new URLSearchParams(new FormData(form));
  data.set("row", row.dataset.row);
  try {
    const answer = await fetch("/register/preview", { method: "POST", body: data, redirect: "error" });
    if (answer.ok && row.dataset.asked === String(number)) {
      row.querySelector(".preview").innerHTML = await answer.text();
    }
  } catch {
    // Without an answer the form still works: the button “Xem trước” says it again.
  }
}

function later(row) {
  clearTimeout(waiting.get(row));
  waiting.set(row, setTimeout(() => preview(row), PATIENCE));
}

function add() {
  const number = 1 + Math.max(-1, ...[...rows.children].map((row) => Number(row.dataset.row)));
  const made = document.createElement("div");
  made.innerHTML = blank.innerHTML.replaceAll("__N__", String(number));
  const row = made.querySelector("fieldset");
  rows.append(row);
  row.querySelector("textarea").focus();
}

form.addEventListener("input", (event) => {
  const row = event.target.closest("[data-row]");
  for (const one of row ? [row] : rows.children) {
    later(one);
  }
});

form.addEventListener("click", (event) => {
  if (event.target.value === "add" && event.target.name === "act") {
    event.preventDefault();
    add();
  }
});

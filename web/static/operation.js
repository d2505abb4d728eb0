// Shows how far an operation is without loading the whole page again.

const PAUSE = 1000; // milliseconds between two questions
const LONGEST = 15000; // while nobody answers
let pause = PAUSE;

async function ask() {
  const shown = document.getElementById("operation");
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("operation");
    pause = PAUSE;
    if (read && read.innerHTML !== shown.innerHTML) {
      shown.replaceChildren(...read.childNodes);
    }
    if (read && !("running" in read.dataset)) {
      return;
    }
  } catch {
    pause = Math.min(2 * pause, LONGEST);
  }
  setTimeout(ask, pause);
}

setTimeout(ask, pause);

// Keeps a board live: waits for events, fetches the board's parts, and swaps them in.

const board = document.getElementById("board");
const live = document.getElementById("live");
const news = document.getElementById("news");
const words = live.querySelector(".words");

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15000;

let retryMs = RETRY_FIRST_MS;
let fetching = false;
let again = false;
let connected = false;

const revision = () => board.querySelector("[data-revision]")?.dataset.revision ?? "";
const hashes = () => new Set([...board.querySelectorAll("[data-commit]")].map((item) => item.dataset.commit));

function show(state, text) {
  if (live.dataset.state !== state) live.dataset.state = state;
  if (words.textContent !== text) words.textContent = text;
}

// How long ago, in words; the exact time stays in the title.
function ago(date) {
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return date.toLocaleString();
}

function tellTimes() {
  for (const time of board.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    time.title = date.toLocaleString();
    const text = ago(date);
    if (time.textContent !== text) time.textContent = text;
  }
}

function openDetails() {
  const open = board.querySelectorAll("[data-commit] details[open]");
  return new Set([...open].map((item) => item.closest("[data-commit]").dataset.commit));
}

function swap(html) {
  const before = hashes();
  const open = openDetails();
  // The hub made this text and escaped all that came from a clone; scripts in it would not run.
  const parts = new DOMParser().parseFromString(html, "text/html").body;
  board.replaceChildren(...parts.childNodes);
  let fresh = 0;
  for (const item of board.querySelectorAll("[data-commit]")) {
    if (!before.has(item.dataset.commit)) {
      item.classList.add("fresh");
      fresh += 1;
    }
    if (open.has(item.dataset.commit)) item.querySelector("details")?.setAttribute("open", "");
  }
  if (fresh > 0) news.textContent = fresh === 1 ? "One new commit" : `${fresh} new commits`;
  tellTimes();
}

// One fetch at a time; an event during a fetch asks for one more.
async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch(board.dataset.fragment, { cache: "no-store" });
      if (answer.status === 401 && board.dataset.signIn) {
        location.assign(board.dataset.signIn);
        return;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      swap(await answer.text());
    } while (again);
    if (connected) show("live", "Live");
  } catch {
    show("offline", "Offline: trying again");
    setTimeout(refresh, RETRY_FIRST_MS * 4);
  } finally {
    fetching = false;
  }
}

function connect() {
  const source = new EventSource(`${board.dataset.events}?since=${encodeURIComponent(revision())}`);
  source.addEventListener("open", () => {
    retryMs = RETRY_FIRST_MS;
    connected = true;
    show("live", "Live");
  });
  source.addEventListener("change", refresh);
  source.addEventListener("error", () => {
    // Reconnect by ourselves: a browser gives up for good when the hub answers with an error.
    source.close();
    connected = false;
    show("offline", "Offline: trying again");
    // It may have ended because the token holds no more: a page says so, a stream can't.
    if (board.dataset.signIn) refresh();
    setTimeout(connect, retryMs * (0.5 + Math.random()));
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  });
}

tellTimes();
setInterval(tellTimes, 5000);
connect();

// Tells the server that somebody is at the screen, and learns from it when the screen is locked.

/** How often, in milliseconds. The lock itself is the server's. */
const EACH = 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"];

let busy = false;

for (const name of SIGNS) {
  document.addEventListener(name, () => (busy = true), { passive: true, capture: true });
}

async function look() {
  const token = document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";
  const headers = { "X-CSRF-Token": token, "HX-Request": "true" };
  const sign = busy;
  busy = false;
  const answer = await (
    sign ? fetch("/session/active", { method: "POST", headers }) : fetch("/session/state", { headers })
  ).catch(() => null);
  if (answer?.status === 401) {
    document.dispatchEvent(new CustomEvent("careline:locked"));
  }
}

setInterval(() => void look(), EACH);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    void look();
  }
});

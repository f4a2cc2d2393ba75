// Short sounds in lists: a button with data-play plays its sound; one sounds at a time.

const player = new Audio();
player.preload = "none";
/** @type {HTMLElement | null} */
let button = null;

/** Show on the button whether its sound plays. */
function mark() {
  button?.setAttribute("aria-pressed", String(!player.paused && !player.ended));
}

/** Let go of the button that sounded. */
function stop() {
  player.pause();
  button?.setAttribute("aria-pressed", "false");
  button = null;
}

for (const what of ["play", "pause", "ended", "error"]) {
  player.addEventListener(what, mark);
}

document.addEventListener("click", (event) => {
  const found = event.target instanceof Element ? event.target.closest("[data-play]") : null;
  if (!(found instanceof HTMLElement)) {
    return;
  }
  const again = found === button && !player.paused;
  stop();
  if (again) {
    return;
  }
  button = found;
  player.src = found.dataset.play ?? "";
  player.play().catch(mark);
});

// The page has gone: so has its sound.
document.addEventListener("htmx:afterSwap", () => {
  if (button && !button.isConnected) {
    stop();
  }
});

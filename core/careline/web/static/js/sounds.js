// Recordings: where the server wants to know first who listens, it is asked over the page.
import { dialog, find, word } from "./page.js";
import { errorText } from "./requests.js";
import { toast } from "./toasts.js";

/** The player that waits until its listener has been proved. @type {HTMLMediaElement | null} */
let waiting = null;

/** @param {HTMLMediaElement} player */
async function whyNot(player) {
  const headers = { Range: "bytes=0-0", "HX-Request": "true" };
  const answer = await fetch(player.currentSrc || player.src, { headers }).catch(() => null);
  if (!answer || answer.ok) {
    toast(word("unsent"), "warn");
    return;
  }
  if (answer.headers.get("X-Error") !== "auth.prove") {
    toast(errorText(await answer.text()) || word("unsent"), "bad");
    return;
  }
  const [box, place] = [dialog("prove"), find("#prove-form")];
  if (box && place && !box.open) {
    waiting = player;
    box.showModal();
    await window.htmx.ajax("GET", box.dataset.src ?? "", { target: place, source: place });
    find("input:not([type=hidden])", place)?.focus();
  }
}

document.addEventListener(
  "error",
  (event) => {
    if (event.target instanceof HTMLMediaElement && event.target.error) {
      void whyNot(event.target);
    }
  },
  true,
);

document.addEventListener("careline:proved", () => {
  dialog("prove")?.close();
  const player = waiting;
  waiting = null;
  player?.load();
  void player?.play();
});

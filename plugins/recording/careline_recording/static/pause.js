// F9 pauses the recording of the talk at this desk, or goes on with it, from whatever page.

const KEY = "F9";

document.addEventListener("keydown", (event) => {
  const taken = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (event.key !== KEY || taken || event.isComposing || event.repeat) {
    return;
  }
  event.preventDefault();
  const button = document.querySelector("[data-recording-pause] button");
  const line = document.querySelector("[data-desk-line]");
  if (button instanceof HTMLElement) {
    button.click();
  } else if (line instanceof HTMLElement && line.dataset.call) {
    void window.htmx.ajax("POST", "/recordings/pause", { swap: "none" });
  }
});

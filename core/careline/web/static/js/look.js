// The theme is seen at once, before the server has kept the choice.
import { around } from "./page.js";

document.addEventListener("click", (event) => {
  const choice = around(event, "[data-theme-choice]")?.dataset.themeChoice;
  if (choice === "light" || choice === "dark") {
    document.documentElement.dataset.theme = choice;
  } else if (choice === "auto") {
    delete document.documentElement.dataset.theme;
  }
});

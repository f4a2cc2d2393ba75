// Going from page to page within the shell: the rail's mark, the scroll position, downloads.
import { all, around, find } from "./page.js";

/**
 * How well a link of the rail fits where we are; 0 when it does not.
 * @param {HTMLElement} link
 * @param {string | undefined} name of the page in #main
 */
function fit(link, name) {
  const [path, href] = [location.pathname, link.getAttribute("href") ?? ""];
  const below = href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
  return (below ? href.length : 0) + (name && link.dataset.pageName === name ? 1000 : 0);
}

function markRail() {
  const name = find("#main [data-page]")?.dataset.page;
  const links = all("#rail a[data-page-name]");
  const fits = links.map((link) => fit(link, name));
  const most = Math.max(...fits, 0);
  const best = most ? links[fits.indexOf(most)] : undefined;
  for (const link of links) {
    mark(link, link === best);
  }
  for (const more of all("#rail details[data-pages]")) {
    mark(more.querySelector("summary"), best !== undefined && more.contains(best));
  }
}

/**
 * @param {HTMLElement | null} element
 * @param {boolean} isHere
 */
function mark(element, isHere) {
  if (isHere) {
    element?.setAttribute("aria-current", "page");
  } else {
    element?.removeAttribute("aria-current");
  }
}

// Plain links and forms change #main; what says hx-get or hx-post itself says where, as in htmx.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  const main = find("#main");
  const elt = detail.requestConfig?.elt;
  if (detail.boosted && main && elt instanceof Element && !elt.hasAttribute("hx-target")) {
    detail.target = main;
    detail.swapOverride = "innerHTML";
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!(event instanceof CustomEvent) || event.detail?.target?.id !== "main") {
    return;
  }
  markRail();
  const main = find("#main");
  if (main && event.detail.requestConfig?.verb === "get") {
    main.scrollTop = 0;
    const wanted = find("[autofocus]", main);
    (wanted ?? main).focus({ preventScroll: true });
  }
  const wrong = main && find('[aria-invalid="true"]', main);
  wrong?.focus();
});
document.addEventListener("htmx:historyRestore", markRail);
document.addEventListener("htmx:pushedIntoHistory", markRail);

// A file to be downloaded is not a page: the browser takes it, not htmx.
document.addEventListener(
  "click",
  (event) => {
    if (around(event, "a[download]")) {
      event.stopPropagation();
    }
  },
  true,
);

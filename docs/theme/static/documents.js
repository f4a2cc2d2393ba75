/* Finding in all pages, and what only a served page has. No library, no tracking. */

const root = document.body.dataset.root ?? "";
const box = document.querySelector(".search");
const field = box?.querySelector("input");
const list = box?.querySelector(".found");

if (location.protocol !== "file:") {
  for (const one of document.querySelectorAll("[hidden]")) one.removeAttribute("hidden");
}
if (matchMedia("(min-width: 60rem)").matches) {
  document.querySelector(".contents")?.setAttribute("open", "");
}

/** @type {Promise<{at: string, title: string, words: string}[]> | undefined} */
let sections;
const all = () => (sections ??= fetch(`${root}search.json`).then((answer) => answer.json()));

/** How well a section answers: words in the title count most; 0 where one is missing. */
function weigh(section, words) {
  const title = section.title.toLowerCase();
  const body = section.words.toLowerCase();
  // Guides before the reference: whoever looks something up there knows its whole name.
  let weight = section.at.startsWith("reference/") ? 0.1 : 5;
  for (const word of words) {
    if (!title.includes(word) && !body.includes(word)) return 0;
    weight += title === word ? 30 : title.includes(word) ? 10 : 1;
  }
  return weight;
}

/** Some words around the first hit. */
function around(section, word) {
  const at = section.words.toLowerCase().indexOf(word);
  return section.words.slice(Math.max(0, at - 20), Math.max(0, at) + 70);
}

async function find() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length
    ? (await all())
        .map((section) => ({ section, weight: weigh(section, words) }))
        .filter((one) => one.weight > 0)
        .sort((a, b) => b.weight - a.weight)
        .slice(0, 12)
    : [];
  list.replaceChildren(...found.map(({ section }) => entry(section, words[0])));
  if (words.length && !found.length) {
    list.appendChild(document.createElement("li")).textContent = list.dataset.none ?? "";
  }
}

function entry(section, word) {
  const item = document.createElement("li");
  const link = item.appendChild(document.createElement("a"));
  link.href = root + section.at;
  const title = link.appendChild(document.createElement("b"));
  title.textContent = section.title;
  if (section.page !== section.title) {
    title.appendChild(document.createElement("small")).textContent = section.page;
  }
  link.appendChild(document.createElement("span")).textContent = around(section, word);
  return item;
}

field?.addEventListener("input", find);
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.matches("input, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    field?.focus();
  }
  if (event.key === "Escape" && event.target === field) {
    field.value = "";
    find();
  }
  if (event.key === "ArrowDown" && box?.contains(event.target)) {
    event.preventDefault();
    const links = [...list.querySelectorAll("a")];
    links[Math.min(links.indexOf(document.activeElement) + 1, links.length - 1)]?.focus();
  }
});

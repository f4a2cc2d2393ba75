// A worker that ticks: browsers slow the timers of hidden pages down, but not those of workers.
const EVERY_MS = 5000;

setInterval(() => postMessage(""), EVERY_MS);

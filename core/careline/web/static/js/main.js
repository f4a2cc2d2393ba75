// The shell's behaviours, each a module of its own. Pages bring theirs beside these.
import "./requests.js";
import "./navigation.js";
import "./keys.js";
import "./dialogs.js";
import "./palette.js";
import "./lists.js";
import "./tabs.js";
import "./menus.js";
import "./durations.js";
import "./live.js";
import "./guard.js";
import "./session.js";
import "./reveal.js";
import "./toasts.js";
import "./tips.js";
import "./look.js";
import "./phone/main.js";

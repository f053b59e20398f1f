/** The log page: everything that is kept of the server's output, live. */
import { messageOf, openLogFolder, watchLaunch } from "../lib/berth";
import { copyText } from "../lib/clipboard";
import { byId, setText } from "../lib/dom";
import { LogFeed } from "../lib/log-feed";
import { onPress } from "../lib/press";
import { LogView } from "../log/log-view";

/** Lines that the filter can search; at 100 characters each some two megabytes. */
const KEEP_LINES = 10_000;

/** Brings the page to life. Resolves when it follows the server's output. */
export async function startLogPage(): Promise<void> {
  const status = byId("status");
  const follow = byId<HTMLButtonElement>("follow");
  const filter = byId<HTMLInputElement>("filter");
  const box = byId("log");

  const view = new LogView(box, {
    keep: KEEP_LINES,
    onFollowChange: (on) => follow.setAttribute("aria-pressed", String(on)),
    onChange: ({ shown, kept }) => {
      setText(byId("count"), countText(shown, kept));
      document.body.dataset["view"] = kept === 0 ? "empty" : shown === 0 ? "no-match" : "lines";
    },
  });
  const feed = new LogFeed(view);

  follow.addEventListener("click", () => view.follow(!view.following));
  filter.addEventListener("input", () => view.filter(filter.value));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f") {
      event.preventDefault();
      filter.select();
    } else if (event.key === "Escape" && filter.value !== "") {
      filter.value = "";
      view.filter("");
    }
  });
  onPress(byId<HTMLButtonElement>("copy"), () => copyText(selectedIn(box) || view.text()), {
    status,
    done: "Copied",
  });
  onPress(byId<HTMLButtonElement>("folder"), openLogFolder, { status });

  try {
    await watchLaunch(({ project }) => {
      document.title = `${project.name} log`;
      setText(byId("project"), project.name);
      void feed.open();
    });
  } catch (error) {
    setText(status, messageOf(error));
  }
}

const number = (n: number) => n.toLocaleString("en");

function countText(shown: number, kept: number): string {
  const lines = kept === 1 ? "line" : "lines";
  return shown === kept ? `${number(kept)} ${lines}` : `${number(shown)} of ${number(kept)} ${lines}`;
}

/** What the user has selected inside `box`, or nothing. */
function selectedIn(box: HTMLElement): string {
  const selection = getSelection();
  return selection?.anchorNode && box.contains(selection.anchorNode) ? selection.toString() : "";
}

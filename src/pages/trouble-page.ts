/** The trouble page: the sentence, what helps, then the evidence. */
import { copyDiagnostics, messageOf, runAction, showLogs, watchLaunch } from "../lib/berth";
import type { Launch, Trouble } from "../lib/contract";
import { byId, make, type Navigate, replacePage, setText } from "../lib/dom";
import { LogFeed, type LogSink } from "../lib/log-feed";
import { onPress } from "../lib/press";
import { LogView } from "../log/log-view";

/** Shown when the other side is in trouble and does not say which. */
const UNKNOWN: Trouble = {
  code: "unknown",
  sentence: "The project could not be shown",
  cause: "No reason was given. The log may hold one.",
  evidence: [],
  actions: [{ id: "retry", label: "Retry", primary: true }],
  logPath: null,
};

/** Brings the page to life. Resolves when the first trouble is shown. */
export async function startTroublePage(navigate: Navigate = replacePage): Promise<void> {
  const status = byId("status");
  const feed = new LogFeed(revealing(byId("output"), new LogView(byId("log"))));
  let generation = -1;
  let shown = "";

  onPress(byId<HTMLButtonElement>("show-logs"), showLogs, { status });
  onPress(byId<HTMLButtonElement>("copy-diagnostics"), copyDiagnostics, { status, done: "Copied" });

  const accept = (launch: Launch): void => {
    if (launch.generation < generation) return;
    generation = launch.generation;
    if (launch.phase === "ready") {
      // Berth itself has sent the window to the project: another page would get in its way.
      shown = "";
      if (document.body.dataset["view"] === "blank") setText(byId("sentence"), launch.project.name);
      document.body.dataset["view"] = "trouble";
      setText(byId("cause"), "Opening the page");
      return;
    }
    if (launch.phase !== "trouble") return navigate("index.html");
    void feed.open();
    // An event that changes nothing must not take the focus from where the user has put it.
    const content = JSON.stringify([launch.project, launch.trouble]);
    if (content === shown) return;
    shown = content;
    draw(launch, launch.trouble ?? UNKNOWN, status);
  };

  try {
    await watchLaunch(accept);
  } catch (error) {
    document.body.dataset["view"] = "trouble";
    setText(byId("sentence"), "Berth does not answer");
    setText(byId("cause"), messageOf(error));
  }
}

function draw({ project }: Launch, trouble: Trouble, status: HTMLElement): void {
  document.title = project.name;
  document.body.dataset["view"] = "trouble";
  setText(byId("project"), project.name);
  setText(byId("sentence"), trouble.sentence);
  setText(byId("cause"), trouble.cause);
  setText(byId("log-path"), trouble.logPath ?? "");

  const buttons = trouble.actions.map(({ id, label, primary }) => {
    const button = make("button", primary ? "primary" : "", label);
    button.type = "button";
    button.dataset["action"] = id;
    onPress(button, () => runAction(id), { status });
    return button;
  });
  byId("actions").replaceChildren(...buttons);

  const evidence = byId("evidence");
  evidence.replaceChildren(...trouble.evidence.map((fact) => make("li", "", fact)));
  byId("facts").hidden = trouble.evidence.length === 0;

  const primary = buttons.find((button) => button.classList.contains("primary"));
  (primary ?? buttons[0] ?? byId("show-logs")).focus();
}

/** Before a server has run there is no output, and an empty frame for it would say nothing. */
function revealing(section: HTMLElement, sink: LogSink): LogSink {
  const reveal = () => {
    section.hidden = false;
  };
  return {
    append(lines) {
      reveal();
      sink.append(lines);
    },
    skipped(count) {
      reveal();
      sink.skipped(count);
    },
  };
}

/** The launch page: the question of trust first, then one line that says what happens now. */
import { declineProject, messageOf, trustProject, watchLaunch } from "../lib/berth";
import { byId, type Navigate, replacePage, setText } from "../lib/dom";
import { LaunchModel, type LaunchView } from "../lib/launch-model";
import { LogFeed } from "../lib/log-feed";
import { onPress } from "../lib/press";
import { LogView } from "../log/log-view";

/**
 * A project's page that comes within this time takes the place of this page as it stands: to paint
 * it once more would cost the very time in which it leaves.
 */
const SLOW_PAGE_MS = 250;

/** Brings the page to life. Resolves when the first launch is shown. */
export async function startLaunchPage(navigate: Navigate = replacePage): Promise<void> {
  const model = new LaunchModel();
  const feed = new LogFeed(new LogView(byId("log")));
  const status = byId("status");
  let timer: ReturnType<typeof setTimeout> | undefined;

  onPress(byId<HTMLButtonElement>("open"), trustProject, { status });
  onPress(byId<HTMLButtonElement>("cancel"), declineProject, { status });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.dataset["view"] === "ask") byId("cancel").click();
  });

  const show = (): void => {
    clearTimeout(timer);
    const view = model.view(Date.now());
    if (view.kind === "trouble") return navigate("trouble.html");
    draw(view);
    if (view.kind !== "progress") return;
    void feed.open();
    if (view.nextChangeMs !== null) timer = setTimeout(show, view.nextChangeMs);
  };

  try {
    await watchLaunch((launch) => {
      if (!model.accept(launch)) return;
      if (launch.phase !== "ready") return show();
      clearTimeout(timer);
      timer = setTimeout(show, SLOW_PAGE_MS);
    });
  } catch (error) {
    setText(byId("step"), "Berth does not answer");
    setText(status, messageOf(error));
  }
}

function draw(view: Exclude<LaunchView, { kind: "trouble" }>): void {
  const { body } = document;
  const before = body.dataset["view"];
  body.dataset["view"] = view.kind;
  if (view.kind === "blank") return;
  const { project } = view;
  document.title = project.name;
  setText(byId("project"), project.name);
  if (view.kind === "ask") {
    setText(byId("question"), `Open ${project.name}?`);
    setText(byId("folder"), project.folder);
    setText(byId("command"), project.command ?? "");
    byId("command-row").hidden = project.command === null;
    if (before !== "ask") byId("open").focus();
    return;
  }
  setText(byId("step"), view.step);
  setText(byId("elapsed"), view.elapsed ?? "");
}

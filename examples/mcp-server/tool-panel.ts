/** The tools of the server: which there are, a form for the chosen one, and its answer. */
import { byId, make, setText } from "../../src/lib/dom";
import { shortly } from "../theme/events";
import { Server, type Answer, type Tool } from "./mcp";
import { fieldsOf, valuesOf } from "./tool-form";

const form = byId<HTMLFormElement>("form");
const callButton = byId<HTMLButtonElement>("call");
const breakers = [...document.querySelectorAll<HTMLButtonElement>("button[data-tool]")];

let server: Server | null = null;
let tools: Tool[] = [];
let chosen: Tool | undefined;

/** A run of the server is ready: its tools are asked for anew, since it may be another version. */
export async function connect(port: number): Promise<void> {
  disconnect();
  const connected = await Server.connect(port);
  const listed = await connected.tools();
  // Those that do harm have buttons of their own.
  const harmless = listed.filter(({ annotations }) => annotations?.destructiveHint !== true);
  server = connected;
  if (JSON.stringify(harmless) !== JSON.stringify(tools)) {
    tools = harmless;
    showChoices();
    choose(tools.find(({ name }) => name === chosen?.name) ?? tools[0]);
  }
  enable(true);
}

/** There is nobody to ask. What was filled in stays. */
export function disconnect(): void {
  server?.close();
  server = null;
  enable(false);
}

function enable(on: boolean): void {
  for (const button of [callButton, ...breakers]) button.disabled = !on;
}

function showChoices(): void {
  const buttons = tools.map((tool) => {
    const button = make("button", "", tool.title ?? tool.name);
    button.type = "button";
    button.dataset["name"] = tool.name;
    button.addEventListener("click", () => choose(tool));
    return button;
  });
  byId("tools").replaceChildren(...buttons);
}

function choose(tool: Tool | undefined): void {
  chosen = tool;
  for (const button of byId("tools").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset["name"] === tool?.name));
  }
  setText(byId("tool-about"), tool?.description ?? "");
  byId("fields").replaceChildren(...(tool === undefined ? [] : fieldsOf(tool)));
  byId("answer").hidden = true;
}

async function callChosen(): Promise<void> {
  if (server === null || chosen === undefined) return;
  callButton.setAttribute("aria-busy", "true");
  try {
    showAnswer(await server.call(chosen.name, valuesOf(form)));
  } catch (error) {
    showAnswer({ text: `No answer: ${String(error)}`, isError: true, ms: 0 });
  } finally {
    callButton.removeAttribute("aria-busy");
  }
}

function showAnswer({ text, isError, ms }: Answer): void {
  const answer = byId("answer");
  answer.hidden = false;
  answer.textContent = text;
  answer.dataset["tone"] = isError ? "wrong" : "well";
  answer.dataset["took"] = isError ? "" : `answered in ${shortly(ms)}`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void callChosen();
});
for (const button of breakers) {
  button.addEventListener("click", () => {
    const { tool = "", how } = button.dataset;
    // It may be gone before its answer is; what becomes of it is told by the events.
    server?.call(tool, how === undefined ? {} : { how }).catch((error: unknown) => console.debug(error));
  });
}

// What this server can do, and how it can be broken.
import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

const text = (...lines) => ({ content: [{ type: "text", text: lines.join("\n") }] });

/** A server with all tools. One is made for each request: `state` is what they share. */
export function makeServer(state) {
  const server = new McpServer({ name: "berth-example", version: "1.0.0" });
  addUsefulTools(server, state);
  addTroubleMakers(server, state);
  return server;
}

function addUsefulTools(server, { notes }) {
  server.registerTool(
    "clock",
    {
      title: "Clock",
      description: "The time in a part of the world.",
      inputSchema: z.object({
        zone: z
          .enum(["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"])
          .default("UTC")
          .describe("Time zone"),
      }),
      annotations: { readOnlyHint: true },
    },
    ({ zone }) =>
      text(new Date().toLocaleString("en-GB", { timeZone: zone, dateStyle: "full", timeStyle: "medium" })),
  );
  server.registerTool(
    "count_words",
    {
      title: "Count words",
      description: "Words, characters and minutes to read.",
      inputSchema: z.object({ text: z.string().min(1).max(20_000).describe("Text") }),
      annotations: { readOnlyHint: true },
    },
    ({ text: given }) => {
      const words = [...new Intl.Segmenter("en", { granularity: "word" }).segment(given)];
      const count = words.filter(({ isWordLike }) => isWordLike).length;
      const minutes = Math.max(1, Math.round(count / 230));
      return text(`${count} ${count === 1 ? "word" : "words"}, ${[...given].length} characters, ${minutes} min to read`);
    },
  );
  server.registerTool(
    "add_note",
    {
      title: "Add a note",
      description: "Keeps a line in a file, where it outlives this process.",
      inputSchema: z.object({ text: z.string().min(1).max(200).describe("Note") }),
    },
    ({ text: given }) => {
      notes.add(given);
      return text(`Kept. There are ${notes.all.length} now.`);
    },
  );
  server.registerTool(
    "list_notes",
    {
      title: "List notes",
      description: "Everything that was kept, the newest first.",
      inputSchema: z.object({}),
      annotations: { readOnlyHint: true },
    },
    () => text(...(notes.all.length > 0 ? notes.all.map((note) => `${note.at}  ${note.text}`) : ["No notes yet."])),
  );
}

/** `destructiveHint` tells clients to ask before they call these. */
function addTroubleMakers(server, state) {
  server.registerTool(
    "crash",
    {
      title: "Crash",
      description: "Ends this server as a bug would.",
      inputSchema: z.object({ how: z.enum(["exception", "signal"]).default("exception").describe("How") }),
      annotations: { destructiveHint: true },
    },
    ({ how }) => {
      // After the answer is out: whoever asked is told.
      setTimeout(() => (how === "signal" ? process.kill(process.pid, "SIGSEGV") : explode()), 50);
      return text(how === "signal" ? "A segmentation fault follows." : "An uncaught exception follows.");
    },
  );
  server.registerTool(
    "fail_health_checks",
    {
      title: "Fail health checks",
      description: "Answers 503 at /health from now on, while everything else goes on.",
      inputSchema: z.object({}),
      annotations: { destructiveHint: true },
    },
    () => {
      state.healthy = false;
      console.error("health checks are answered with 503 from now on");
      return text("Health checks fail from now on.");
    },
  );
}

function explode() {
  const inventory = undefined;
  inventory.count += 1;
}

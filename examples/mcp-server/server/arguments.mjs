// The command line: `--transport http --port N [--host H] [--cors] [--origin O]…`.
import { parseArgs } from "node:util";

/** What a page of a Tauri app has as its origin: on Linux and macOS, and on Windows. */
export const TAURI_ORIGINS = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];

/** Reads the arguments, or throws a sentence that says what is wrong with them. */
export function readArguments(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      transport: { type: "string", default: "http" },
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      cors: { type: "boolean", default: false },
      origin: { type: "string", multiple: true, default: [] },
    },
  });
  if (values.transport !== "http") throw new Error(`--transport ${values.transport}: only http is there`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port}: a number is wanted (\`auto\` is filled in by whoever starts this)`);
  }
  return {
    host: values.host,
    port,
    origins: values.cors ? [...TAURI_ORIGINS, ...values.origin] : [],
  };
}

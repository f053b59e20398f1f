/**
 * What Berth's Rust side and its pages say to each other. The names are the same on both sides;
 * `src-tauri` serialises exactly these shapes.
 */

/** Where a launch stands. `asking` waits for the user's trust, `trouble` for one of the actions. */
export type Phase =
  | "asking"
  | "looking"
  | "freeing_port"
  | "installing"
  | "starting"
  | "waiting"
  | "ready"
  | "stopping"
  | "trouble";

/** The project that this window shows. */
export interface Project {
  name: string;
  /** The project's folder, with the home folder written as `~`. */
  folder: string;
  /** The command that starts its server, or null while it is not known. */
  command: string | null;
}

/** The whole state of a launch. Each `berth://launch` event carries one, complete. */
export interface Launch {
  /** Grows with each start or refresh; a launch older than one already seen is ignored. */
  generation: number;
  project: Project;
  phase: Phase;
  /** What happens now, in the user's words: "Starting pnpm dev". */
  step: string;
  /** When this launch began, in Unix milliseconds. */
  startedAtMs: number;
  /** How long the server may take to become ready, in milliseconds. */
  readyTimeoutMs: number;
  /** Where the server answers, once it is known. */
  url: string | null;
  /** Set when, and only when, the phase is `trouble`. */
  trouble: Trouble | null;
}

/** What failed, why, and what helps. */
export interface Trouble {
  /** Stable and lower-case: `port-held`, `tool-not-found`, `server-exited`, … */
  code: string;
  /** What a colleague would say, in one sentence. */
  sentence: string;
  /** The likely cause, in one or two sentences. */
  cause: string;
  /** Facts that support it: where was looked, who holds the port. */
  evidence: string[];
  actions: TroubleAction[];
  /** The server's log file, with the home folder written as `~`. */
  logPath: string | null;
}

/** One way out of a trouble. Its `id` goes back through `run_action`. */
export interface TroubleAction {
  /** `retry`, `use-port:5174`, `open-url:…` */
  id: string;
  label: string;
  /** At most one action of a trouble is primary. */
  primary: boolean;
}

/** What a rejected command carries. */
export interface CommandError {
  code: string;
  message: string;
}

/** The event that carries each new {@link Launch}. */
export const LAUNCH_EVENT = "berth://launch";

/** The id of the sidecar that is the project's server. */
export const SERVER_ID = "server";

/** One run of a sidecar, taken in hand. */
import type { UnlistenFn } from "./callback.js";
import { SidecarError } from "./error.js";
import { getStatus, onCrash, onStateChange } from "./events.js";
import { call } from "./ipc.js";
import { type LogOptions, onLog } from "./log.js";
import { type OutputCallback, type OutputOptions, onRunOutput } from "./output.js";
import { closeStdin, writeStdin } from "./stdin.js";
import type { CrashInfo, SidecarInfo } from "./bindings/engine.js";
import type { LogBatch, Found } from "./bindings/plugin.js";
import type { StateChange } from "./types.js";

/**
 * One run of a sidecar: a process, and not whatever may carry its number or its name later. Once
 * that run has ended, `kill` and `write` throw `stale-run`, also when another run has begun.
 *
 * The object holds three values and nothing in Rust. After a reload of the page it is made anew,
 * by id or by pid.
 *
 * @example
 * ```ts
 * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
 *
 * const recorder = await Sidecar.attach("recorder");
 * await recorder.write("q"); // ffmpeg's own way to end a recording
 * ```
 */
export class Sidecar {
  /** The sidecar's id. */
  readonly id: string;
  /** The run's leader. */
  readonly pid: number;
  /** The run's number, used once within a run of the app. */
  readonly run: number;

  private constructor(id: string, pid: number, run: number) {
    this.id = id;
    this.pid = pid;
    this.run = run;
  }

  /**
   * The run of a sidecar that lives now. Throws `not-running` when there is none, and
   * `unknown-sidecar` when nobody has declared it.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const { pid } = await Sidecar.attach("recorder");
   * ```
   */
  static async attach(id: string): Promise<Sidecar> {
    const { pid, run, state } = await getStatus(id);
    if (pid === null || run === null) {
      throw new SidecarError("not-running", `${id} does not run (${state}): start it first`);
    }
    return new Sidecar(id, pid, run);
  }

  /**
   * The sidecar whose leader has this pid, for pages that have kept nothing else. The pid alone
   * proves nothing: Rust compares the process's start time and the app's own record. Throws
   * `stale-pid` when it was this app's and has ended, and `foreign-pid` when it never was.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const pid = Number(localStorage.getItem("recorder"));
   * const recorder = await Sidecar.fromPid(pid);
   * await recorder.kill();
   * ```
   */
  static async fromPid(pid: number): Promise<Sidecar> {
    const found = await call<Found>("from_pid", { pid });
    return new Sidecar(found.id, found.pid, found.run);
  }

  /**
   * Ends this run and every process that belongs to it, by force and at once; resolves when they
   * are gone. No other run follows by itself. To let it end in its own time there is
   * `SidecarLifecycle.stop`.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * await (await Sidecar.attach("recorder")).kill();
   * ```
   */
  kill(): Promise<void> {
    return call("kill", { id: this.id, run: this.run });
  }

  /**
   * Writes to its standard input; text as UTF-8. Resolves when the pipe has taken all of it: a
   * sidecar that does not read makes it wait. Calls are carried out in their order, also when
   * nobody awaits them, and a page that writes much should await them, since what waits is memory.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const server = await Sidecar.attach("language-server");
   * await server.write(`Content-Length: ${body.length}\r\n\r\n`);
   * await server.write(body);
   * ```
   */
  write(data: string | Uint8Array): Promise<void> {
    return writeStdin(this.id, this.run, data);
  }

  /**
   * Closes its standard input, after all that was written. Many programs end then.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const sort = await Sidecar.attach("sort");
   * await sort.write("b\na\n");
   * await sort.closeStdin();
   * ```
   */
  closeStdin(): Promise<void> {
    return closeStdin(this.id, this.run);
  }

  /**
   * The sidecar as it is now; its `run` is another one when this run was replaced.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const server = await Sidecar.attach("mcp-server");
   * const lives = (await server.status()).run === server.run;
   * ```
   */
  status(): Promise<SidecarInfo> {
    return getStatus(this.id);
  }

  /**
   * Its log, as `SidecarLifecycle.onLog` has it: a sidecar has one log for all its runs.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const server = await Sidecar.attach("mcp-server");
   * const unlisten = await server.onLog(({ lines }) => console.log(lines));
   * ```
   */
  onLog(callback: (batch: LogBatch) => void, options?: LogOptions): Promise<UnlistenFn> {
    return onLog(this.id, callback, options);
  }

  /**
   * The raw output of this run, as `SidecarLifecycle.onOutput` has it.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const server = await Sidecar.attach("language-server");
   * await server.onOutput((bytes) => parser.push(bytes), { onEnd: () => parser.end() });
   * ```
   */
  async onOutput(callback: OutputCallback, options?: OutputOptions): Promise<UnlistenFn> {
    return onRunOutput(this.id, this.run, callback, options);
  }

  /**
   * Changes of state while this run lives, its end included.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const recorder = await Sidecar.attach("recorder");
   * await recorder.onStateChange(({ to }) => show(to));
   * ```
   */
  onStateChange(callback: (change: StateChange) => void): Promise<UnlistenFn> {
    return onStateChange(this.id, (change) => {
      if (change.run === this.run) callback(change);
    });
  }

  /**
   * The crash of this run, once at the most.
   *
   * @example
   * ```ts
   * import { Sidecar } from "tauri-plugin-sidecar-lifecycle-api";
   *
   * const recorder = await Sidecar.attach("recorder");
   * await recorder.onCrash(({ reason }) => alert(`The recording has ended: ${reason}`));
   * ```
   */
  onCrash(callback: (crash: CrashInfo) => void): Promise<UnlistenFn> {
    return onCrash(this.id, (crash) => {
      if (crash.run === this.run) callback(crash);
    });
  }
}

import { beforeEach, describe, expect, it } from "vitest";
import type { EngineErrorCode, PluginErrorCode, SidecarError } from "../index.js";
import { Fake } from "./fake.js";

let rust: Fake;

beforeEach(() => {
  rust = new Fake();
});

/** What the last call of a command was given. */
const given = (command: string) => rust.called(command).at(-1)?.args;

describe("commands", () => {
  it("go to the plugin under its names, with its arguments", async () => {
    const { SidecarLifecycle: all } = await rust.page();
    expect(await all.ensureRunning("web")).toEqual(rust.info);
    expect(given("ensure_running")).toEqual({ id: "web" });
    await all.ensureRunning("web", { params: { model: "small" } });
    expect(given("ensure_running")).toEqual({ id: "web", params: { model: "small" } });
    await all.start("web");
    expect(given("start")).toEqual({ id: "web" });
    for (const command of ["stop", "restart", "roll"] as const) {
      await all[command]("web");
      expect(given(command)).toEqual({ id: "web" });
      await all[command]("web", { reason: "a test" });
      expect(given(command)).toEqual({ id: "web", why: { reason: "a test" } });
    }
    expect(await all.getStatus("web")).toEqual(rust.info);
    expect(await all.list()).toEqual([rust.info]);
  });

  it("answer the numbers of one sidecar or of all", async () => {
    const { SidecarLifecycle } = await rust.page();
    expect((await SidecarLifecycle.metrics("web")).crashes).toBe(2);
    expect(given("get_metrics")).toEqual({ id: "web" });
    expect((await SidecarLifecycle.metrics()).protection).toBe("guardian");
    expect(given("get_metrics")).toEqual({});
    await expect(SidecarLifecycle.metrics("db")).rejects.toMatchObject({ code: "unknown-sidecar" });
  });
});

describe("a refusal", () => {
  const refused = async (by: unknown) => {
    const { SidecarError, SidecarLifecycle } = await rust.page();
    rust.answers["start"] = () => {
      throw by;
    };
    const error = await SidecarLifecycle.start("web").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SidecarError);
    return error as InstanceType<typeof SidecarError>;
  };

  it("carries Rust's code and words", async () => {
    const error = await refused({ code: "unknown-sidecar", message: "no sidecar is called web" });
    expect(error).toMatchObject({ name: "SidecarError", code: "unknown-sidecar", message: "no sidecar is called web" });
    expect(error).toBeInstanceOf(Error);
  });

  it("is told apart by names that come from Rust, so that a misspelt one does not compile", async () => {
    const { SidecarLifecycle } = await rust.page();
    type Known = EngineErrorCode | PluginErrorCode;
    // @ts-expect-error no refusal is called that
    const misspelt: Known = "unknown-dependancy";
    const remedies: Partial<Record<Known, string>> = {
      "unknown-dependency": "declare it",
      "dependency-cycle": "leave one out",
      "already-taken": "attach again",
    };
    const remedy = async (code: string) => {
      rust.answers["start"] = () => {
        throw { code, message: "no" };
      };
      const error = await SidecarLifecycle.start("web").catch((error: SidecarError) => error);
      return remedies[(error as SidecarError).code as Known];
    };
    expect(await remedy("unknown-dependency")).toBe("declare it");
    expect(await remedy("already-taken")).toBe("attach again");
    expect(await remedy(misspelt)).toBeUndefined();
  });

  it.each([
    ["sidecar-lifecycle.start not allowed. Permissions associated with this command: …", "not-allowed"],
    ["Command plugin:sidecar-lifecycle|start not allowed by ACL", "not-allowed"],
    ["invalid args `id` for command `start`", "ipc"],
    [new TypeError("undefined is not an object"), "ipc"],
    [undefined, "ipc"],
  ])("of Tauri's own gets a code too: %s", async (by, code) => {
    expect((await refused(by)).code).toBe(code);
  });
});

describe("a sidecar in hand", () => {
  it("is found by its id", async () => {
    const { Sidecar } = await rust.page();
    const web = await Sidecar.attach("web");
    expect([web.id, web.pid, web.run]).toEqual(["web", 4711, 3]);
    expect(await web.status()).toEqual(rust.info);
    await expect(Sidecar.attach("db")).rejects.toMatchObject({ code: "unknown-sidecar" });
    rust.info = { ...rust.info, pid: null, run: null, state: "idle" };
    await expect(Sidecar.attach("web")).rejects.toMatchObject({ code: "not-running", message: expect.stringContaining("idle") });
  });

  it("is found by its pid, and by no other", async () => {
    const { Sidecar, SidecarError } = await rust.page();
    const web = await Sidecar.fromPid(4711);
    expect([web.id, web.pid, web.run]).toEqual(["web", 4711, 3]);
    await expect(Sidecar.fromPid(4712)).rejects.toThrow(SidecarError);
    await expect(Sidecar.fromPid(4712)).rejects.toMatchObject({ code: "stale-pid" });
    await expect(Sidecar.fromPid(1)).rejects.toMatchObject({ code: "foreign-pid" });
  });

  it("ends its own run and no later one", async () => {
    const { Sidecar } = await rust.page();
    const web = await Sidecar.attach("web");
    await web.kill();
    expect(given("kill")).toEqual({ id: "web", run: 3 });
    rust.info = { ...rust.info, run: 4 };
    await expect(web.kill()).rejects.toMatchObject({ code: "stale-run" });
  });

  it("is found again by a page that was reloaded", async () => {
    const first = await rust.page();
    await first.SidecarLifecycle.ensureRunning("web");
    sessionStorage.setItem("pid", String(rust.info.pid));
    rust.reload();
    const { Sidecar } = await rust.page();
    expect(Sidecar).not.toBe(first.Sidecar);
    const web = await Sidecar.fromPid(Number(sessionStorage.getItem("pid")));
    await web.write("still here");
    await web.kill();
    expect(rust.stdin).toBe("still here");
    expect(given("kill")).toEqual({ id: "web", run: 3 });
  });
});

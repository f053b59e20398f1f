import { beforeEach, describe, expect, it, vi } from "vitest";
import type { OutputPlace, Sidecar } from "../index.js";
import { Fake, spawned } from "./fake.js";

let rust: Fake;
let web: Sidecar;
const uncaught = vi.fn();

beforeEach(async () => {
  rust = new Fake();
  web = await (await rust.page()).Sidecar.attach("web");
  uncaught.mockClear();
  vi.stubGlobal("reportError", uncaught);
});

describe("standard input", () => {
  it("takes text and bytes as raw bodies, and says which run is meant", async () => {
    rust.info = { ...rust.info, id: "my äpp" };
    const mine = await (await rust.page()).Sidecar.attach("my äpp");
    await mine.write("grüße");
    await mine.write(Uint8Array.of(33, 10));
    expect(rust.stdin).toBe("grüße!\n");
    const [first] = rust.called("write_stdin");
    expect(first?.args).toBeInstanceOf(Uint8Array);
    expect(first?.headers).toEqual({ "sidecar-id": "my%20%C3%A4pp", "sidecar-run": "3" });
  });

  it("keeps the order of calls that nobody awaits, of two objects too, and ends after them", async () => {
    const other = await (await rust.page()).Sidecar.fromPid(4711);
    let underWay = 0;
    const answer = rust.answers["write_stdin"]!;
    rust.answers["write_stdin"] = async (call) => {
      underWay += 1;
      expect(underWay, "one at a time").toBe(1);
      await Promise.resolve();
      underWay -= 1;
      return answer(call);
    };
    const numbers = Array.from({ length: 100 }, (_, i) => `${i},`);
    const writes = numbers.map((text, i) => (i % 2 === 0 ? web : other).write(text));
    await Promise.all([...writes, web.closeStdin()]);
    expect(rust.stdin).toBe(`${numbers.join("")}<end>`);
  });

  it("carries much in pieces of 1 MiB, the next when the last was taken", async () => {
    const taken: (() => void)[] = [];
    rust.answers["write_stdin"] = () => new Promise<void>((resolve) => taken.push(resolve));
    const data = Uint8Array.from({ length: 2.5 * 1024 * 1024 }, (_, i) => i % 251);
    let done = false;
    const written = web.write(data).then(() => (done = true));
    for (let piece = 1; piece <= 3; piece += 1) {
      await vi.waitFor(() => expect(taken).toHaveLength(piece));
      expect([rust.called("write_stdin").length, done]).toEqual([piece, false]);
      taken[piece - 1]!();
    }
    await written;
    const pieces = rust.called("write_stdin").map(({ args }) => args as Uint8Array);
    expect(pieces.map(({ length }) => length)).toEqual([1024 * 1024, 1024 * 1024, 512 * 1024]);
    const whole = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    expect(Buffer.compare(whole, data)).toBe(0);
  });

  it("takes the bytes as they are when it is called", async () => {
    const buffer = Uint8Array.of(65, 66);
    const written = web.write(buffer);
    buffer.fill(0);
    await written;
    expect(rust.stdin).toBe("AB");
  });

  it("refuses all that was asked for before a refusal was known, and nothing after", async () => {
    rust.info = { ...rust.info, run: 4 };
    const all = await Promise.allSettled([web.write("a"), web.write("b"), web.closeStdin()]);
    expect(all).toMatchObject(Array(3).fill({ status: "rejected", reason: { code: "stale-run" } }));
    expect(rust.called("write_stdin")).toHaveLength(1);
    rust.info = { ...rust.info, run: 3 };
    await web.write("c");
    expect(rust.stdin).toBe("c");
  });
});

describe("raw output", () => {
  /** Collects bytes as text. */
  function collector() {
    const seen: { text: string; place: OutputPlace }[] = [];
    return {
      seen,
      take: (bytes: Uint8Array, place: OutputPlace) => {
        seen.push({ text: new TextDecoder().decode(bytes), place });
      },
      get text() {
        return seen.map(({ text }) => text).join("");
      },
    };
  }

  it("comes in order with its offset, and ends", async () => {
    const got = collector();
    const ended = vi.fn();
    await web.onOutput(got.take, { onEnd: ended });
    rust.output(3).write("one ");
    await vi.waitFor(() => expect(got.text).toBe("one "));
    rust.output(3).write("two");
    await vi.waitFor(() => expect(got.text).toBe("one two"));
    expect(got.seen.map(({ place }) => place)).toEqual([
      { run: 3, offset: 0 },
      { run: 3, offset: 4 },
    ]);
    expect(ended).not.toHaveBeenCalled();
    rust.output(3).end();
    await vi.waitFor(() => expect(ended).toHaveBeenCalledExactlyOnceWith(3));
  });

  it("is asked for again only when the callback is done: that is the backpressure", async () => {
    const finish: (() => void)[] = [];
    rust.maxRead = 1;
    rust.output(3).write("abc");
    await web.onOutput(() => new Promise<void>((resolve) => finish.push(resolve)));
    for (let i = 0; i < 3; i += 1) {
      await vi.waitFor(() => expect(finish).toHaveLength(i + 1));
      expect(rust.called("read_output")).toHaveLength(i + 1);
      expect(rust.output(3).begin, "what is at work is not acknowledged").toBe(i);
      finish[i]!();
    }
    await vi.waitFor(() => expect(rust.output(3).begin).toBe(3));
  });

  it("of much, fast, is whole", async () => {
    const got = collector();
    rust.maxRead = 1000;
    const text = Array.from({ length: 20_000 }, (_, i) => `${i},`).join("");
    rust.output(3).write(text);
    rust.output(3).end();
    await new Promise<void>((resolve) => void web.onOutput(got.take, { onEnd: () => resolve() }));
    expect(got.text).toBe(text);
  });

  it("goes on after a reload where the page was; what was at work comes again", async () => {
    const got = collector();
    rust.maxRead = 2;
    rust.output(3).write("aabbcc");
    let load = 0;
    await web.onOutput(async (bytes, place) => {
      if (place.offset === 2 && load === 0) await new Promise(() => {}); // The reload ends it.
      got.take(bytes, place);
    });
    await vi.waitFor(() => expect(rust.called("read_output")).toHaveLength(2));
    load += 1;
    rust.reload();
    const again = await (await rust.page()).Sidecar.attach("web");
    await again.onOutput(got.take);
    await vi.waitFor(() => expect(got.text).toBe("aabbcc"));
    expect(rust.called("read_output").map(({ args }) => args.offset)).toEqual([null, 2, null, 4, 6]);
  });

  it("goes on in the same page for the next reader, without a double byte", async () => {
    const [one, other] = [collector(), collector()];
    const end = await web.onOutput(one.take);
    rust.output(3).write("one ");
    await vi.waitFor(() => expect(one.text).toBe("one "));
    end();
    end();
    rust.output(3).write("two");
    await web.onOutput(other.take);
    await vi.waitFor(() => expect(other.text).toBe("two"));
    expect(one.text).toBe("one ");
  });

  it("survives a callback that throws or rejects", async () => {
    const got = collector();
    rust.maxRead = 1;
    rust.output(3).write("abc");
    await web.onOutput((bytes, place) => {
      got.take(bytes, place);
      if (place.offset === 0) throw new Error("the page's own");
      if (place.offset === 1) return Promise.reject(new Error("the page's own"));
    });
    await vi.waitFor(() => expect(got.text).toBe("abc"));
    expect(uncaught).toHaveBeenCalledTimes(2);
  });

  it("that is refused is told, and not asked for again and again", async () => {
    rust.answers["read_output"] = () => {
      throw { code: "not-allowed", message: "no" };
    };
    const refused = vi.fn();
    await web.onOutput(() => {}, { onError: refused });
    await vi.waitFor(() => expect(refused).toHaveBeenCalledTimes(1));
    expect(refused.mock.calls[0]?.[0]).toMatchObject({ code: "not-allowed" });
    await web.onOutput(() => {});
    await vi.waitFor(() => expect(uncaught).toHaveBeenCalledTimes(1));
    expect(rust.called("read_output")).toHaveLength(2);
  });

  it("is followed from run to run, each from its begin", async () => {
    const got = collector();
    const { SidecarLifecycle } = await rust.page();
    const ended = vi.fn();
    await SidecarLifecycle.onOutput("web", got.take, { onEnd: ended });
    rust.emit(spawned(3)); // The status has named it already.
    rust.output(3).write("old");
    rust.output(4).write("new");
    rust.emit(spawned(4));
    await vi.waitFor(() => expect(got.text).toBe("old"));
    rust.output(3).end();
    await vi.waitFor(() => expect(got.text).toBe("oldnew"));
    rust.output(4).end();
    await vi.waitFor(() => expect(ended.mock.calls).toContainEqual([4]));
    expect(ended.mock.calls, "once for each run").toEqual([[3], [4]]);
    expect(got.seen.map(({ place }) => place)).toEqual([
      { run: 3, offset: 0 },
      { run: 4, offset: 0 },
    ]);
  });

  it("of a sidecar that does not run yet is waited for, and let go", async () => {
    rust.info = { ...rust.info, run: null, pid: null };
    const got = collector();
    const { SidecarLifecycle } = await rust.page();
    const end = await SidecarLifecycle.onOutput("web", got.take);
    expect(rust.called("read_output")).toHaveLength(0);
    rust.output(5).write("first");
    rust.emit(spawned(5));
    await vi.waitFor(() => expect(got.text).toBe("first"));
    end();
    end();
    await vi.waitFor(() => expect(rust.called("unsubscribe_events")).toHaveLength(1));
  });
});

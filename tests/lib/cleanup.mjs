// What a test has set up is taken down in reverse: node's own hooks run in the
// order in which they were added, and would remove a folder under a running app.
const stacks = new WeakMap();

/** Runs `undo` at the end of the test, before everything that was added earlier. */
export function cleanUp(t, undo) {
  let stack = stacks.get(t);
  if (!stack) {
    stack = [];
    stacks.set(t, stack);
    t.after(async () => {
      const errors = [];
      while (stack.length > 0) {
        await Promise.resolve().then(stack.pop()).catch((error) => errors.push(error));
      }
      if (errors.length > 0) throw errors[0];
    });
  }
  stack.push(undo);
}

import { useEffect, useState } from "react";

const KEY = "lighthouse.count";

/** A number that outlives reloads and restarts, as long as the origin stays. */
export function Counter() {
  const [count, setCount] = useState(() => Number(localStorage.getItem(KEY)) || 0);

  useEffect(() => {
    localStorage.setItem(KEY, String(count));
  }, [count]);

  return (
    <section className="card" aria-label="Counter">
      <h2>Counter</h2>
      <output className="big">{count}</output>
      <p className="buttons">
        <button type="button" className="primary" onClick={() => setCount(count + 1)}>
          Count
        </button>
        <button type="button" onClick={() => setCount(0)} disabled={count === 0}>
          Reset
        </button>
      </p>
    </section>
  );
}

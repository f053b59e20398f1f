import { useEffect, useState } from "react";

/** The time of day; it ticks on the full second. */
export function Clock() {
  const [now, setNow] = useState(() => new Date());

  useEffect(() => {
    const untilNextSecond = 1000 - (now.getTime() % 1000);
    const timer = setTimeout(() => setNow(new Date()), untilNextSecond);
    return () => clearTimeout(timer);
  }, [now]);

  return (
    <section className="card" aria-label="Clock">
      <h2>
        <span className="pulse" aria-hidden="true" /> Live
      </h2>
      <time className="big" dateTime={now.toISOString()}>
        {now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })}
      </time>
      <p>{now.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" })}</p>
    </section>
  );
}

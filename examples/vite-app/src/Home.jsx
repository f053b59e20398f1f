import { Clock } from "./Clock.jsx";
import { Counter } from "./Counter.jsx";

export function Home() {
  return (
    <>
      <h1>The light is on</h1>
      <p className="lead">
        This page comes from a Vite server on your machine. Edit <code>src/Home.jsx</code> and save:
        the words change here at once, and the clock keeps ticking.
      </p>
      <div className="cards">
        <Clock />
        <Counter />
      </div>
    </>
  );
}

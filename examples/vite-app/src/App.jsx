import { useEffect } from "react";

import { About } from "./About.jsx";
import { Home } from "./Home.jsx";
import { navigate, usePath } from "./route.js";

const pages = {
  "/": { name: "Home", Page: Home },
  "/about": { name: "About", Page: About },
};

export function App() {
  const path = usePath();
  const { name, Page } = pages[path] ?? { name: "Not found", Page: NotFound };

  useEffect(() => {
    document.title = `${name} · Lighthouse`;
  }, [name]);

  return (
    <div className="shell">
      <header>
        <p className="brand">
          <img src="/lighthouse.svg" alt="" width="28" height="28" />
          Lighthouse
        </p>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([to, page]) => (
            <Link key={to} to={to} current={to === path}>
              {page.name}
            </Link>
          ))}
        </nav>
      </header>
      <main>
        <Page />
      </main>
      <footer>
        <span>{window.location.origin}</span>
        <span>Vite {__VITE_VERSION__}</span>
      </footer>
    </div>
  );
}

function Link({ to, current, children }) {
  const follow = (event) => {
    // A click that asks for a new tab or window stays the browser's.
    if (event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) {
      event.preventDefault();
      navigate(to);
    }
  };
  return (
    <a href={to} aria-current={current ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}

function NotFound() {
  return (
    <>
      <h1>Nothing here</h1>
      <p className="lead">
        No page lives at <code>{window.location.pathname}</code>.
      </p>
    </>
  );
}

export function About() {
  return (
    <>
      <h1>About this page</h1>
      <p className="lead">
        A second route, made with the History API and nothing else. Reload the page or restart the
        server: you stay at <code>/about</code>.
      </p>
      <dl className="facts">
        <div>
          <dt>Origin</dt>
          <dd>{window.location.origin}</dd>
        </div>
        <div>
          <dt>Served by</dt>
          <dd>Vite {__VITE_VERSION__}</dd>
        </div>
        <div>
          <dt>Mode</dt>
          <dd>{import.meta.env.MODE}</dd>
        </div>
        <div>
          <dt>Hot updates</dt>
          <dd>{import.meta.hot ? "on" : "off"}</dd>
        </div>
      </dl>
    </>
  );
}

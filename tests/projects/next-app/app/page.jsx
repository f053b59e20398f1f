"use client";

import { useEffect, useState } from "react";

/** Says when it has come to life: the server's markup alone does not. */
export default function Page() {
  const [alive, setAlive] = useState(false);
  useEffect(() => setAlive(true), []);
  return <h1>{alive ? "The page is alive" : "The page is being prepared"}</h1>;
}

import { startLogPage } from "./log-page";

// In a plain browser the dev server plays the other side. The build leaves this line out.
if (import.meta.env.DEV) await (await import("../demo/demo")).beginDemo();

void startLogPage();

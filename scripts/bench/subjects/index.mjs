// All subjects, in the order of the report.
import * as many from "./many.mjs";
import * as output from "./output.mjs";
import * as ports from "./ports.mjs";
import * as readiness from "./readiness.mjs";
import * as resting from "./resting.mjs";
import * as stdio from "./stdio.mjs";
import * as stopping from "./stopping.mjs";
import * as survivors from "./survivors.mjs";
import * as window from "./window.mjs";

export const subjects = [readiness, stopping, survivors, ports, resting, many, output, stdio, window];

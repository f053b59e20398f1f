import { invoke } from "@tauri-apps/api/core";
import "../theme/theme.css";
import { byId } from "../../src/lib/dom";

byId("kill").addEventListener("click", () => void invoke("kill_server"));
